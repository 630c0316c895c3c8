// WS-Discovery as devices have it: answers probes that come by multicast, and says hello and goodbye where asked to.
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { child, parseXml, textAt, type Xml, xml } from './xml.ts';

export interface DiscoveryOptions {
  /** Address of the one network interface to join on; `127.0.0.1` keeps it on this machine. */
  interface: string;
  /** Says Hello at the start and Bye at the end. */
  announces?: boolean;
}

export interface DiscoveryTarget extends DiscoveryOptions {
  /** A UUID that stays the same for this device. */
  endpoint: string;
  scopes: readonly string[];
  addresses(): readonly string[];
  /** False while nothing may be answered. */
  answers(): boolean;
  /** True while each answer tells of a second device. */
  answersForOthers(): boolean;
  /** True while packets that are no answer come before each answer. */
  garbles(): boolean;
}

export interface Discovery {
  close(): Promise<void>;
}

const group = '239.255.255.250';
const port = 3702;
const types = ['NetworkVideoTransmitter', 'Device'];

/** Rejects where the interface cannot be joined. */
export async function startDiscovery(target: DiscoveryTarget): Promise<Discovery> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port);
  await once(socket, 'listening');
  join(socket, target.interface);
  let sent = 0;
  const sequence = () => {
    sent += 1;
    return xml`<d:AppSequence InstanceId="1" MessageNumber="${sent}"/>`;
  };

  socket.on('message', (bytes, from) => {
    const message = parseXml(bytes.toString('utf8'));
    const header = child(message, 'Header');
    if (!target.answers() || !textAt(header, 'Action')?.endsWith('/Probe') || !asksFor(target, message)) return;
    const answer = envelope({
      action: 'ProbeMatches',
      relatesTo: textAt(header, 'MessageID') ?? '',
      sequence: sequence(),
      body: xml`<d:ProbeMatches><d:ProbeMatch>${description(target)}</d:ProbeMatch>${
        target.answersForOthers() ? xml`<d:ProbeMatch>${description({ ...target, endpoint: randomUUID() })}</d:ProbeMatch>` : undefined
      }</d:ProbeMatches>`,
    });
    for (const packet of target.garbles() ? garbled(answer) : []) socket.send(packet, from.port, from.address);
    socket.send(answer, from.port, from.address);
  });

  const announce = async (action: 'Hello' | 'Bye', body: Xml) => {
    if (target.announces === true) await send(socket, envelope({ action, sequence: sequence(), body }));
  };
  await announce('Hello', xml`<d:Hello>${description(target)}</d:Hello>`);
  return {
    async close() {
      await announce('Bye', xml`<d:Bye>${reference(target)}</d:Bye>`);
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** What a broken device, or somebody who means harm, sends in place of an answer. */
function garbled(answer: string): string[] {
  const without = (element: string) => answer.replaceAll(new RegExp(`<(\\w+:)?${element}>.*?</(\\w+:)?${element}>`, 'gs'), '');
  const entities = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]>';
  return [
    ...['', '\0', '<', 'HTTP/1.1 200 OK\r\n\r\n', '<a/>', `${entities}<a>&c;</a>`],
    ...[answer.slice(0, answer.length / 2), answer + answer, `${answer}</a>`, answer.replace('urn:uuid:', '__proto__')],
    ...[without('XAddrs'), without('Scopes'), without('EndpointReference'), without('Body')],
    '<a>'.repeat(20_000),
  ];
}

function join(socket: Socket, address: string): void {
  try {
    socket.addMembership(group, address);
    socket.setMulticastInterface(address);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function send(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.send(text, port, group, (error) => (error === null ? resolve() : reject(error))));
}

/** Without types or scopes everybody is meant. Types are compared without their prefix. */
function asksFor({ scopes }: DiscoveryTarget, message: ReturnType<typeof parseXml>): boolean {
  const probe = child(child(message, 'Body'), 'Probe');
  if (probe === undefined) return false;
  const words = (name: string) => (textAt(probe, name) ?? '').split(/\s+/).filter((word) => word !== '');
  const knowsTypes = words('Types').every((type) => types.includes(type.replace(/^[\w.-]+:/, '')));
  return (
    knowsTypes && words('Scopes').every((scope) => scopes.some((own) => own === scope || own.startsWith(`${scope.replace(/\/$/, '')}/`)))
  );
}

function reference({ endpoint }: DiscoveryTarget): Xml {
  return xml`<a:EndpointReference><a:Address>urn:uuid:${endpoint}</a:Address></a:EndpointReference>`;
}

function description(target: DiscoveryTarget): Xml {
  return xml`${reference(target)}<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>${target.scopes.join(' ')}</d:Scopes>
    <d:XAddrs>${target.addresses().join(' ')}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>`;
}

interface Message {
  action: 'ProbeMatches' | 'Hello' | 'Bye';
  relatesTo?: string;
  sequence: Xml;
  body: Xml;
}

function envelope({ action, relatesTo, sequence, body }: Message): string {
  // An answer goes to whoever asked, an announcement to everybody.
  const to =
    relatesTo === undefined
      ? xml`<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>`
      : xml`<a:RelatesTo>${relatesTo}</a:RelatesTo><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>`;
  return xml`<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header><a:MessageID>urn:uuid:${randomUUID()}</a:MessageID>${to}<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/${action}</a:Action>${sequence}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
    .markup;
}
