// The embedded broker's door for gateways with a certificate, and who does not get through it.
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { createBroker, type UpMessage } from '../../server/broker.ts';
import type { Authority } from '../../server/identity/authority.ts';
import { canteenNamed } from '../../server/identity/gateway-certificate.ts';
import { ownTls } from '../../server/identity/server-tls.ts';
import type { Admission } from '../../server/mutual-tls.ts';
import { silent } from './app-parts.ts';
import { issuedGateway, type TestGateway, testAuthority } from './gateway-certificates.ts';

async function openBroker(refused: ReadonlySet<string> = new Set()) {
  const clock = { aheadMs: 0 };
  const authority = await testAuthority(clock);
  const received: UpMessage[] = [];
  const warnings: object[] = [];
  const replaced: string[][] = [];
  const log = Object.assign(Object.create(silent), { warn: (about: object) => warnings.push(about) });
  const tls = await ownTls({ authority, names: ['127.0.0.1'], now: Date.now, log });
  const broker = await createBroker({
    listen: { host: '127.0.0.1', port: 0 },
    accounts: [],
    mutualTls: {
      listen: { host: '127.0.0.1', port: 0 },
      tls,
      authority: authority.certificate,
      admit: async (certificate): Promise<Admission> => {
        const canteen = canteenNamed(certificate);
        if (canteen === undefined || refused.has(canteen)) return { kind: 'refused', reason: 'it was revoked' };
        return { kind: 'admitted', canteen, serial: certificate.serialNumber, notAfter: Date.parse(certificate.validTo) };
      },
    },
    onReplaced: (older, newer) => replaced.push([older.canteen, newer.canteen]),
    onMessage: async (message) => void received.push(message),
    log,
    now: Date.now,
  });
  onTestFinished(() => broker.close());
  const { port, hostname: host } = new URL(broker.secureAddress ?? '');
  const at = { host, port: Number(port) };
  const connect = (gateway: Pick<TestGateway, 'key' | 'certificate'> | undefined, options: IClientOptions = {}) =>
    connectAs(broker.secureAddress ?? '', authority, gateway, options);
  return { authority, clock, broker, at, received, warnings, replaced, connect };
}

async function connectAs(
  url: string,
  { certificate: ca }: Authority,
  gateway: Pick<TestGateway, 'key' | 'certificate'> | undefined,
  options: IClientOptions,
): Promise<MqttClient> {
  const client = mqtt.connect(url, {
    ...{ ca, ...(gateway && { key: gateway.key, cert: gateway.certificate }) },
    ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 5_000 },
    ...options,
  });
  onTestFinished(() => void client.end(true));
  client.on('error', () => undefined);
  await new Promise<void>((connected, refused) => {
    client.once('connect', () => connected());
    client.once('close', () => refused(new Error('the connection was closed')));
  });
  return client;
}

const disconnected = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

test('a gateway is who its certificate says, whatever name it gives, and speaks for nobody else', async () => {
  const { authority, received, connect } = await openBroker();
  const gateway = await issuedGateway(authority, 'qiaodong');
  const client = await connect(gateway, { username: 'heping', password: 'x', clientId: 'heping' });
  await client.publishAsync(topic('qiaodong', 'events'), 'own', { qos: 1 });
  await expect(client.subscribeAsync(topic('heping', 'ack'))).rejects.toThrow();
  const closed = disconnected(client);
  client.publish(topic('heping', 'events'), 'foreign', { qos: 1 });
  await closed;
  expect(received.map(({ canteen, serial, payload }) => [canteen, serial, String(payload)])).toEqual([['qiaodong', gateway.serial, 'own']]);
});

test('nobody gets in without a certificate, with an expired one, one of another authority, a server’s, or a revoked one', async () => {
  const { authority, clock, broker, received, connect } = await openBroker(new Set(['revoked']));
  clock.aheadMs = -48 * 3_600_000;
  const expired = await issuedGateway(authority, 'qiaodong', 1);
  clock.aheadMs = 0;
  const good = await connect(await issuedGateway(authority, 'heping'));
  const { key, certificate } = await authority.issueServer({ names: ['qiaodong'], days: 1 });
  const strangers: Record<string, Pick<TestGateway, 'key' | 'certificate'> | undefined> = {
    'without one': undefined,
    expired,
    'of another authority': await issuedGateway(await testAuthority(), 'qiaodong'),
    'a server’s': { key, certificate },
    revoked: await issuedGateway(authority, 'revoked'),
    'with another’s key': {
      key: (await issuedGateway(authority, 'heping')).key,
      certificate: (await issuedGateway(authority, 'a')).certificate,
    },
  };
  for (const [name, stranger] of Object.entries(strangers)) await expect(connect(stranger).then(() => `${name} got in`)).rejects.toThrow();
  await good.publishAsync(topic('heping', 'events'), 'x', { qos: 1 });
  expect(received.map(({ canteen }) => canteen)).toEqual(['heping']);
  expect(broker.connections()).toBe(1);
});

test('noise, plain MQTT, half a handshake, old TLS and silence get nothing, and the gateway beside them goes on', async () => {
  const { authority, broker, at, received, connect } = await openBroker();
  const good = await connect(await issuedGateway(authority, 'heping'));
  const bare = async (bytes?: Buffer) => {
    const socket = connectSocket(at);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    if (bytes !== undefined) socket.write(bytes);
    return socket;
  };
  const closed = [
    await bare(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
    await bare(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])),
    await bare(Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 73) % 256))),
  ].map((socket) => once(socket, 'close'));
  await bare(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])); // a handshake record that never ends
  await bare();
  const old = connectTls({ ...at, ca: authority.certificate, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' });
  const [error] = await once(old, 'error');
  expect(String(error)).toMatch(/protocol/i);
  await Promise.all(closed);
  await good.publishAsync(topic('heping', 'events'), 'x', { qos: 1 });
  expect(received).toHaveLength(1);
  expect(broker.connections()).toBe(1);
});

test('a second session of one gateway replaces the first, and is told', async () => {
  const { authority, broker, warnings, replaced, connect } = await openBroker();
  const gateway = await issuedGateway(authority, 'qiaodong');
  const first = await connect(gateway, { clientId: 'one' });
  const closed = disconnected(first);
  const second = await connect(gateway, { clientId: 'two' });
  await closed;
  expect(replaced).toEqual([['qiaodong', 'qiaodong']]);
  expect(warnings).toContainEqual(expect.objectContaining({ canteen: 'qiaodong', by: '127.0.0.1', count: 1 }));
  await second.publishAsync(topic('qiaodong', 'heartbeat'), 'x', { qos: 1 });
  expect(broker.connections()).toBe(1);
});

test('a session whose certificate no longer counts is ended, and no other', async () => {
  const { authority, broker, connect } = await openBroker();
  const bad = await issuedGateway(authority, 'qiaodong');
  const [leaving, staying] = [await connect(bad), await connect(await issuedGateway(authority, 'heping'))];
  const closed = disconnected(leaving);
  broker.end(({ serial }) => (serial === bad.serial ? 'revoked' : undefined));
  await closed;
  await staying.publishAsync(topic('heping', 'events'), 'x', { qos: 1 });
  await vi.waitFor(() => expect(broker.connections()).toBe(1));
});

test('closing the broker ends whoever is in the middle of a handshake', async () => {
  const { broker, at } = await openBroker();
  const socket = connectSocket(at);
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await broker.close();
  await closed;
});
