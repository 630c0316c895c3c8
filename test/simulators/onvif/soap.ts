// SOAP 1.2 as ONVIF uses it: reading a request, writing an answer or a fault.
import { namespaces } from './namespaces.ts';
import { child, type Element, parseXml, textAt, type Xml, xml } from './xml.ts';

/** A fault the device answers with. `subcodes` are ONVIF's, outermost first, without their `ter:`. */
export class SoapFault extends Error {
  override name = 'SoapFault';
  readonly code: 'Sender' | 'Receiver';
  readonly subcodes: readonly string[];
  readonly detail: Xml | undefined;

  constructor(code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string, detail?: Xml) {
    super(reason);
    this.code = code;
    this.subcodes = subcodes;
    this.detail = detail;
  }
}

export function invalidArgument(subcode: string, reason: string): SoapFault {
  return new SoapFault('Sender', ['InvalidArgVal', subcode], reason);
}

export interface SoapRequest {
  header: Element | undefined;
  /** The one element in the body: it names the action. */
  action: Element;
}

/** Throws SoapFault on anything that is not a SOAP 1.2 request. */
export function parseRequest(text: string): SoapRequest {
  const envelope = parseXml(text);
  if (envelope === undefined) throw new SoapFault('Sender', ['WellFormed'], 'The request is not well-formed XML.');
  if (envelope.name !== 'Envelope' || envelope.namespace !== namespaces.env)
    throw new SoapFault('Sender', ['TagMismatch'], 'The request is not a SOAP 1.2 envelope.');
  const action = child(envelope, 'Body')?.children[0];
  if (action === undefined) throw new SoapFault('Sender', ['Tag'], 'The SOAP body is empty.');
  return { header: child(envelope, 'Header'), action };
}

/** The text of an argument that must be there. */
export function argument(action: Element, ...path: string[]): string {
  const text = textAt(action, ...path);
  if (text === undefined || text === '') throw new SoapFault('Sender', ['InvalidArgs'], `The argument ${path.join('/')} is missing.`);
  return text;
}

export function envelope(body: Xml, request?: SoapRequest): string {
  return document(xml`${addressing(request)}<env:Body>${body}</env:Body>`);
}

export function faultEnvelope(fault: SoapFault, request?: SoapRequest): string {
  return document(xml`${addressing(request)}<env:Body><env:Fault>
    <env:Code><env:Value>env:${fault.code}</env:Value>${subcode(fault.subcodes)}</env:Code>
    <env:Reason><env:Text xml:lang="en">${fault.message}</env:Text></env:Reason>
    ${fault.detail && xml`<env:Detail>${fault.detail}</env:Detail>`}</env:Fault></env:Body>`);
}

function subcode([first, ...rest]: readonly string[]): Xml | undefined {
  return first === undefined ? undefined : xml`<env:Subcode><env:Value>ter:${first}</env:Value>${subcode(rest)}</env:Subcode>`;
}

/** Clients that address their messages expect the answer to say which one it belongs to. */
function addressing(request: SoapRequest | undefined): Xml | undefined {
  const action = textAt(request?.header, 'Action');
  if (action === undefined) return undefined;
  const id = textAt(request?.header, 'MessageID');
  return xml`<env:Header><wsa:Action>${action.replace(/Request$/, 'Response')}</wsa:Action>${
    id === undefined ? undefined : xml`<wsa:RelatesTo>${id}</wsa:RelatesTo>`
  }</env:Header>`;
}

const declarations = Object.entries(namespaces)
  .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  .join('');

function document(content: Xml): string {
  const compact = content.markup.replace(/>\s+</g, '><');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope${declarations}>${compact}</env:Envelope>`;
}
