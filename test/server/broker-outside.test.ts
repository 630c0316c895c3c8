// What the server asks of its broker, of the one inside and of a real mosquitto outside; and that only `ack` means stored.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { evidenceTopic, topic } from '#contract/topics.ts';
import { type Broker, createBroker, type UpMessage } from '../../server/broker.ts';
import { createOutsideBroker } from '../../server/broker-outside.ts';
import { createSweep } from '../../server/sweep.ts';
import { openParts, silent } from './app-parts.ts';
import { loss, reachable } from './ingest-messages.ts';
import { type RunningMosquitto, startMosquitto } from './mosquitto.ts';

const keys = { qiaodong: 'key-of-qiaodong', heping: 'key-of-heping' };
const serverKey = 'p&ss:w=rd/ 明';
type OnMessage = (message: UpMessage) => Promise<void>;

let mosquitto: RunningMosquitto;
beforeAll(async () => {
  mosquitto = await startMosquitto({ ...keys, 'mingzao-server': serverKey });
});
afterAll(() => mosquitto.close());

const openInside = (onMessage: OnMessage) =>
  createBroker({
    listen: { host: '127.0.0.1', port: 0 },
    accounts: Object.entries(keys).map(([canteen, key]) => ({ canteen, keySha256: createHash('sha256').update(key).digest() })),
    ...{ onMessage, log: silent, now: Date.now },
  });

async function openOutside(
  onMessage: OnMessage,
  about: { shared?: boolean; onConnect?: () => void; password?: string; log?: typeof silent; port?: number } = {},
) {
  const { shared = false, onConnect = () => undefined, password = serverKey, log = silent, port = mosquitto.port } = about;
  const url = `mqtt://mingzao-server@127.0.0.1:${port}`;
  const broker = createOutsideBroker({
    url,
    password,
    shared,
    refuses: (canteen) => (Object.hasOwn(keys, canteen) ? undefined : 'no canteen of this name'),
    onMessage,
    onConnect,
    log,
    now: Date.now,
  });
  return broker;
}

const kinds: [kind: string, open: (onMessage: OnMessage) => Promise<Broker>][] = [
  ['inside', openInside],
  ['outside', openOutside],
];

async function opened<Opened extends Broker>(
  open: (onMessage: OnMessage) => Promise<Opened>,
  onMessage: OnMessage = async () => undefined,
) {
  const received: UpMessage[] = [];
  const broker = await open(async (message) => {
    received.push(message);
    await onMessage(message);
  });
  onTestFinished(() => broker.close());
  await vi.waitFor(() => expect(broker.hearing()).toBe(true), 10_000);
  const port = Number(new URL(broker.address).port);
  const connect = async (canteen: keyof typeof keys, options: IClientOptions = {}) => {
    const about = { username: canteen, password: keys[canteen], protocolVersion: 4 as const, reconnectPeriod: 0 };
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...about, ...options });
    onTestFinished(() => void client.end(true));
    client.on('error', () => undefined);
    return client;
  };
  return { broker, received, connect };
}

describe.each(kinds)('with the broker that is %s, a gateway', (_, open) => {
  test('is heard under its own topics, and counts as there', async () => {
    const { broker, received, connect } = await opened(open);
    const client = await connect('qiaodong');
    const picture = evidenceTopic('qiaodong', 'a'.repeat(64));
    for (const name of [topic('qiaodong', 'events'), topic('qiaodong', 'heartbeat'), picture])
      await client.publishAsync(name, 'x', { qos: 1 });
    await vi.waitFor(() => expect(received).toHaveLength(3));
    expect(received.map(({ canteen, kind, payload }) => [canteen, kind, String(payload)])).toEqual([
      ['qiaodong', 'events', 'x'],
      ['qiaodong', 'heartbeat', 'x'],
      ['qiaodong', 'evidence', 'x'],
    ]);
    expect(broker.connections()).toBe(1);
  });

  test.each([topic('heping', 'events'), topic('qiaodong', 'ack'), evidenceTopic('heping', 'a'.repeat(64))])(
    'is not heard under %s',
    async (foreign) => {
      const { received, connect } = await opened(open);
      const client = await connect('qiaodong');
      await client.publishAsync(foreign, 'foreign').catch(() => undefined);
      const other = await connect('heping');
      await other.publishAsync(topic('heping', 'events'), 'own', { qos: 1 });
      await vi.waitFor(() => expect(received.map(({ payload }) => String(payload))).toEqual(['own']));
    },
  );

  test('is refused with the key of another', async () => {
    const { connect } = await opened(open);
    await expect(connect('qiaodong', { password: keys.heping })).rejects.toThrow();
  });

  test('finds the newest of what was said to it, and nothing that was said to another', async () => {
    const { broker, connect } = await opened(open);
    await broker.publish(topic('heping', 'ack'), { sequence: 9 });
    for (const sequence of [1, 2]) await broker.publish(topic('qiaodong', 'ack'), { sequence });
    const client = await connect('qiaodong');
    const seen: string[] = [];
    client.on('message', (name, payload) => seen.push(`${name} ${payload}`));
    await client.subscribeAsync(topic('heping', 'ack'), { qos: 1 }).catch(() => undefined);
    await client.subscribeAsync(topic('qiaodong', 'ack'), { qos: 1 });
    await broker.publish(topic('heping', 'ack'), { sequence: 10 });
    await broker.publish(topic('qiaodong', 'ack'), { sequence: 3 });
    await vi.waitFor(() => expect(seen.at(-1)).toContain('"sequence":3'));
    expect(seen.map((line) => line.replace(/ .*:/, ' '))).toEqual(['mz/v1/qiaodong/ack 2}', 'mz/v1/qiaodong/ack 3}']);
  });

  test('hears that its picture is stored, while it is there, and never finds that said of old', async () => {
    const { broker, connect } = await opened(open);
    const hear = async () => {
      const heard: string[] = [];
      const client = await connect('qiaodong');
      client.on('message', (name, payload) => heard.push(`${name} ${payload}`));
      await client.subscribeAsync([topic('qiaodong', 'stored'), topic('qiaodong', 'ack')], { qos: 1 });
      return heard;
    };
    const there = await hear();
    await broker.publish(topic('qiaodong', 'stored'), { pictures: ['a'] }, { retain: false });
    await vi.waitFor(() => expect(there).toContain(`${topic('qiaodong', 'stored')} {"pictures":["a"]}`));
    await broker.publish(topic('qiaodong', 'ack'), { sequence: 1 });
    const late = await hear();
    await vi.waitFor(() => expect(late).toEqual([`${topic('qiaodong', 'ack')} {"sequence":1}`]));
  });

  test('is reported offline by its last will when its line breaks', async () => {
    const { received, connect } = await opened(open);
    const client = await connect('qiaodong', {
      will: { topic: topic('qiaodong', 'status'), payload: Buffer.from('gone'), qos: 1, retain: true },
    });
    client.stream.destroy();
    await vi.waitFor(() => expect(received.map(({ kind, payload }) => [kind, String(payload)])).toEqual([['status', 'gone']]), 10_000);
  });
});

describe('a broker outside', () => {
  test('gives each message to one of two servers that share', async () => {
    const taken: [string, string][] = [];
    const servers = ['one', 'two'].map(
      (name) => (onMessage: OnMessage) => openOutside(onMessage, { shared: true }).then((broker) => Object.assign(broker, { name })),
    );
    for (const [index, server] of servers.entries())
      await opened(server, async ({ payload }) => void taken.push([String(index), String(payload)]));
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, { username: 'qiaodong', password: keys.qiaodong });
    onTestFinished(() => void client.end(true));
    for (let number = 1; number <= 20; number++) await client.publishAsync(topic('qiaodong', 'events'), `${number}`, { qos: 1 });
    await vi.waitFor(() => expect(taken).toHaveLength(20));
    expect(new Set(taken.map(([, payload]) => payload)).size).toBe(20);
    expect(new Set(taken.map(([server]) => server)).size).toBe(2);
  });

  test('gives everything to the other of two that share while one cannot store, also when it comes back, and then to both again', async () => {
    let connected = 0;
    const share = (onMessage: OnMessage) => openOutside(onMessage, { shared: true, onConnect: () => void connected++ });
    const [one, two] = [await opened(share), await opened(share)];
    const tellBoth = async () => {
      const before = [one, two].map(({ received }) => received.length) as [number, number];
      const gateway = await one.connect('qiaodong');
      for (let number = 1; number <= 20; number++) await gateway.publishAsync(topic('qiaodong', 'events'), `${number}`, { qos: 1 });
      await vi.waitFor(() => expect(one.received.length + two.received.length).toBe(before[0] + before[1] + 20));
      return { one: one.received.length - before[0], two: two.received.length - before[1] };
    };
    one.broker.able(false);
    expect([one.broker.hearing(), two.broker.hearing()]).toEqual([false, true]);
    await one.broker.publish(topic('heping', 'ack'), { sequence: 1 }); // the broker has taken in what was said before
    expect(await tellBoth()).toEqual({ one: 0, two: 20 });
    await mosquitto.stop();
    await mosquitto.startAgain();
    await vi.waitFor(() => expect(connected).toBe(4), 20_000);
    expect([one.broker.hearing(), two.broker.hearing()]).toEqual([false, true]);
    expect(await tellBoth()).toEqual({ one: 0, two: 20 });
    one.broker.able(true);
    await vi.waitFor(() => expect(one.broker.hearing()).toBe(true));
    const { one: again, two: still } = await tellBoth();
    expect([again > 0, still > 0, again + still]).toEqual([true, true, 20]);
  });

  test('goes on telling a server all that shares with nobody, though it cannot store', async () => {
    const { broker, received, connect } = await opened(openOutside);
    broker.able(false);
    await broker.publish(topic('heping', 'ack'), { sequence: 1 });
    await (await connect('qiaodong')).publishAsync(topic('qiaodong', 'events'), 'x', { qos: 1 });
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(broker.hearing()).toBe(true);
  });

  test('still confirms what the server says where hundreds of messages wait for just that', async () => {
    const many = 600;
    const waiting = Promise.withResolvers<void>();
    let stored = 0;
    const { broker, received, connect } = await opened(openOutside, async () => {
      // They are stored together, and acknowledged when that is done.
      if (received.length >= many) waiting.resolve();
      await waiting.promise;
      await broker.publish(topic('qiaodong', 'ack'), { through: stored });
      stored += 1;
    });
    const gateway = await connect('qiaodong');
    for (let count = 0; count < many; count += 1) gateway.publish(topic('qiaodong', 'heartbeat'), '{}', { qos: 1 });
    await vi.waitFor(() => expect(stored).toBe(many), 20_000);
  });

  test('that was away is heard again, and told anew what it forgot', async () => {
    const announced: number[] = [];
    const { broker, received, connect } = await opened((onMessage) => openOutside(onMessage, { onConnect: () => announced.push(1) }));
    await mosquitto.stop();
    await vi.waitFor(() => expect(broker.hearing()).toBe(false), 10_000);
    await broker.publish(topic('qiaodong', 'ack'), { sequence: 1 });
    await mosquitto.startAgain();
    await vi.waitFor(() => expect(broker.hearing()).toBe(true), 20_000);
    expect(announced).toHaveLength(2);
    const client = await connect('qiaodong');
    await client.publishAsync(topic('qiaodong', 'events'), 'x', { qos: 1 });
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  test('that does not let the server in is told as that, without the password', async () => {
    const errors: object[] = [];
    const log = Object.assign(Object.create(silent), { error: (about: object) => errors.push(about) });
    const broker = await openOutside(async () => undefined, { password: 'a-secret-typed-wrong', log });
    onTestFinished(() => broker.close());
    await vi.waitFor(
      () => expect(errors).toContainEqual(expect.objectContaining({ reason: expect.stringMatching(/not authorized/i) })),
      10_000,
    );
    expect(broker.hearing()).toBe(false);
    expect(JSON.stringify(errors)).not.toContain('typed-wrong');
  });

  test('that does not let the server read yet is asked again, and told of once', async () => {
    let refusals = 2;
    const aedes = await Aedes.createBroker({
      authorizeSubscribe: (_, subscription, done) => done(null, refusals > 0 ? null : subscription),
    });
    aedes.on('clientDisconnect', () => {
      refusals -= 1;
    });
    const listener = createServer(aedes.handle);
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void listener.close());
    onTestFinished(() => new Promise<void>((resolve) => aedes.close(resolve)));
    const errors: unknown[] = [];
    const log = Object.assign(Object.create(silent), { error: (about: { reason?: unknown }) => errors.push(about.reason) });
    const { port } = listener.address() as AddressInfo;
    const broker = await openOutside(async () => undefined, { log, port });
    onTestFinished(() => broker.close());
    await vi.waitFor(() => expect(broker.hearing()).toBe(true), 20_000);
    expect(refusals).toBe(0);
    expect(errors).toEqual([expect.stringContaining('Subscribe error')]);
  });

  test('passes on nothing that was retained: a gateway that is gone must not seem to be there', async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, { username: 'heping', password: keys.heping });
    onTestFinished(() => void client.end(true));
    await client.publishAsync(topic('heping', 'status'), 'there', { qos: 1, retain: true });
    const { broker, received } = await opened(openOutside);
    await client.publishAsync(topic('heping', 'status'), 'gone', { qos: 1, retain: true });
    await vi.waitFor(() => expect(received.map(({ payload }) => String(payload))).toEqual(['gone']));
    expect(broker.connections()).toBe(1);
  });

  test('confirms what is not stored; only what is stored is acknowledged', async () => {
    const parts = await openParts();
    const storing = Promise.withResolvers<void>();
    const take = async (message: UpMessage) => {
      await storing.promise;
      await parts.ingest.take(message);
    };
    const { connect } = await opened(openOutside, take);
    const client = await connect('qiaodong');
    const events = [reachable(1), reachable(2), loss(3, 1, 1)];
    await client.publishAsync(topic('qiaodong', 'events'), JSON.stringify(events), { qos: 1 });
    expect(parts.published.filter(({ topic: name }) => name.endsWith('/ack'))).toEqual([]);
    storing.resolve();
    await vi.waitFor(() =>
      expect(parts.published).toContainEqual(
        expect.objectContaining({
          topic: topic('qiaodong', 'ack'),
          message: expect.objectContaining({ data: expect.objectContaining({ sequence: 3 }) }),
        }),
      ),
    );
  });
});

test('while no gateway can be heard, the sweep lets no time pass for them', async () => {
  const rounds: object[] = [];
  let hearing = false;
  let turns = 0;
  const sweep = createSweep({
    canteens: { passTime: async (round) => void rounds.push(round) },
    hearing: () => hearing,
    everyMs: 1000,
    sleep: async () => {
      turns += 1;
      if (turns === 3) hearing = true;
      await new Promise((resolve) => setImmediate(resolve));
    },
    log: silent,
  });
  await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(0));
  expect(turns).toBeGreaterThanOrEqual(3);
  await sweep.close();
});
