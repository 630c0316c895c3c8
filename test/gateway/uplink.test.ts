// The uplink against a real broker in the same process: presence, order, redelivery, and that only `ack` lets anything go.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { validator } from '#config/validate.ts';
import { AckMessage, EventBatch, envelope, HeartbeatMessage, type OutboxEvent, StatusMessage } from '#contract/envelope.ts';
import { sleep } from '../../gateway/clock.ts';
import { createEvidence, type Evidence } from '../../gateway/evidence.ts';
import { createOutbox, type Outbox } from '../../gateway/outbox.ts';
import { createUplink, type Uplink } from '../../gateway/uplink.ts';
import { silentLog } from '../silent-log.ts';
import { factEntry } from './entries.ts';

const canteen = 'canteen-1';
const key = 'the gateway’s key';

let folder: string;
let broker: Aedes;
let server: Server;
let sockets: Set<Socket>;
let heard: { topic: string; retain: boolean; message: unknown }[];
let pictures: { topic: string; payload: Buffer }[];
let commands: string[];
let stuckAt: number[];
let outbox: Outbox;
let evidence: Evidence;
let uplink: Uplink;
let stop: AbortController;
let running: Promise<void> | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'uplink-'));
  outbox = createOutbox({ file: join(folder, 'outbox.db'), canteen, maxEvents: 10_000, maxBytes: 1e8, now: Date.now, log: silentLog });
  evidence = createEvidence({ file: join(folder, 'evidence.db'), maxBytes: 1e8, now: Date.now, log: silentLog });
  heard = [];
  pictures = [];
  commands = [];
  stuckAt = [];
  stop = new AbortController();
  running = undefined;
  await startBroker(0);
});
afterEach(async () => {
  stop.abort();
  await running;
  await stopBroker();
  outbox.close();
  evidence.close();
  rmSync(folder, { recursive: true });
});

async function startBroker(port: number): Promise<void> {
  broker = await Aedes.createBroker();
  broker.authenticate = (_client, username, password, done) => done(null, username === canteen && String(password) === key);
  broker.on('publish', ({ topic, retain, payload }, client) => {
    if (topic.startsWith('$SYS') || (client === null && !topic.endsWith('/status'))) return;
    if (topic.includes('/evidence/')) pictures.push({ topic, payload: Buffer.from(payload) });
    else heard.push({ topic, retain, message: JSON.parse(String(payload)) });
  });
  server = createServer(broker.handle);
  sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(port, '127.0.0.1'), 'listening');
}

async function stopBroker(): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  await new Promise<void>((resolve) => broker.close(resolve));
}

const port = () => (server.address() as AddressInfo).port;

/** Every wait of the uplink is a hundred times as fast. */
function startUplink(password = key): void {
  uplink = createUplink({
    url: `mqtt://127.0.0.1:${port()}`,
    canteen,
    credentials: () => ({ kind: 'key', key: password }),
    identity: undefined,
    session: 'session-1',
    version: '0.0.0',
    heartbeatEveryMs: 30_000,
    outbox,
    evidence,
    heartbeat: () => ({
      schemaVersion: 1,
      session: 'session-1',
      at: new Date().toISOString(),
      uptimeSeconds: 1,
      memoryBytes: 1,
      outbox: { waiting: 0, dropped: 0 },
      devices: [],
    }),
    stuck: (sequence) => void stuckAt.push(sequence),
    command: async (payload) => void commands.push(String(Buffer.from(payload))),
    now: Date.now,
    sleep: (ms, signal) => sleep(ms / 100, signal),
    random: () => 0.5,
    log: silentLog,
  });
  running = uplink.run(stop.signal);
}

const put = (count: number) => {
  outbox.append(Array.from({ length: count }, () => factEntry('camera-1')));
  uplink?.wake();
};
const onTopic = (kind: string) => heard.filter(({ topic }) => topic === `mz/v1/${canteen}/${kind}`);
const events = (): OutboxEvent[] => onTopic('events').flatMap(({ message }) => message as OutboxEvent[]);
const sequences = () => events().map(({ sequence }) => sequence);

async function say(kind: string, message: object, retain = false): Promise<void> {
  const payload = Buffer.from(JSON.stringify(message));
  const packet = { cmd: 'publish' as const, topic: `mz/v1/${canteen}/${kind}`, payload, qos: 1 as const, retain, dup: false };
  await new Promise<void>((resolve, reject) => broker.publish(packet, (error) => (error ? reject(error) : resolve())));
}
const ack = (sequence: number, epoch = outbox.epoch) =>
  envelope('cn.mingzao.ack.v1', {
    id: 'a',
    source: '/server',
    time: new Date().toISOString(),
    data: { schemaVersion: 1, epoch, sequence },
  });
const stored = (...sha256s: string[]) =>
  envelope('cn.mingzao.stored.v1', {
    id: 's',
    source: '/server',
    time: new Date().toISOString(),
    data: { schemaVersion: 1, pictures: sha256s },
  });
const isConnected = () => vi.waitFor(() => expect(onTopic('heartbeat').length).toBeGreaterThan(0));

test('it says that it is there, retained, and then sends what waits and its heartbeat, all as the contract wants them', async () => {
  put(3);
  startUplink();
  await isConnected();
  await vi.waitFor(() => expect(sequences()).toEqual([3, 1, 2]));
  expect(heard[0]).toMatchObject({ topic: 'mz/v1/canteen-1/status', retain: true, message: { data: { online: true } } });
  const [status, batch, heartbeat] = ['status', 'events', 'heartbeat'].map((kind) => onTopic(kind)[0]?.message);
  expect(validator(StatusMessage)(status)).toMatchObject({ ok: true });
  expect(validator(EventBatch)(batch)).toMatchObject({ ok: true });
  expect(validator(HeartbeatMessage)(heartbeat)).toMatchObject({ ok: true });
  expect(validator(AckMessage)(ack(1))).toMatchObject({ ok: true });
});

test('what the broker took is kept until the server acknowledges it, and then only what it acknowledges', async () => {
  put(3);
  startUplink();
  await vi.waitFor(() => expect(sequences()).toHaveLength(3));
  expect(outbox.health().waiting).toBe(3);
  await say('ack', ack(3, 'another-epoch'));
  await say('ack', { nonsense: true });
  await say('ack', ack(2));
  await vi.waitFor(() => expect(outbox.health().waiting).toBe(1));
  expect(outbox.pending(0, 10).map(({ sequence }) => sequence)).toEqual([3]);
});

test('after a lost connection it sends again what was not acknowledged, and only that', async () => {
  put(3);
  startUplink();
  await vi.waitFor(() => expect(sequences()).toHaveLength(3));
  await say('ack', ack(1), true);
  await vi.waitFor(() => expect(outbox.health().waiting).toBe(2));
  heard = [];
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expect(sequences()).toEqual([3, 2]));
});

test('it comes back to a broker that was away, with what happened meanwhile', async () => {
  startUplink();
  await isConnected();
  const where = port();
  await stopBroker();
  put(2);
  heard = [];
  await startBroker(where);
  await vi.waitFor(() => expect(sequences().toSorted()).toEqual([1, 2]), { timeout: 5000 });
});

test('its last will says that it is gone when the connection breaks', async () => {
  startUplink();
  await isConnected();
  heard = [];
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expect(onTopic('status')[0]).toMatchObject({ message: { data: { online: false } } }));
});

test('it says goodbye when it is asked to stop', async () => {
  startUplink();
  await isConnected();
  stop.abort();
  await running;
  expect(onTopic('status').at(-1)).toMatchObject({ retain: true, message: { data: { online: false, session: 'session-1' } } });
});

test('a refused key is tried again with pauses, and stopping still works', async () => {
  let attempts = 0;
  broker.on('clientError', () => {});
  broker.authenticate = (_client, _username, _password, done) => {
    attempts += 1;
    done(null, false);
  };
  startUplink('wrong');
  await vi.waitFor(() => expect(attempts).toBeGreaterThan(2));
  expect(heard).toEqual([]);
});

test('commands are handed on', async () => {
  startUplink();
  await isConnected();
  await say('commands', { any: 'thing' });
  await vi.waitFor(() => expect(commands).toEqual(['{"any":"thing"}']));
});

test('an acknowledgement that cannot be written down, on a full disk, ends nothing: the next one counts', async () => {
  let full = true;
  let attempts = 0;
  const { acknowledge } = outbox;
  outbox = {
    ...outbox,
    acknowledge(sequence) {
      attempts += 1;
      if (full) throw new Error('database or disk is full');
      acknowledge(sequence);
    },
  };
  startUplink();
  put(2);
  await vi.waitFor(() => expect(sequences()).toContain(2));
  await say('ack', ack(1));
  await vi.waitFor(() => expect(attempts).toBe(1));
  full = false;
  await say('ack', ack(2));
  await vi.waitFor(() => expect(outbox.health().waiting).toBe(0));
});

test('pictures go up as they are under their names, each until the server says that it has it', async () => {
  const jpeg = (filler: number) => Buffer.from([0xff, 0xd8, 0xff, filler]);
  const [first, second] = [await evidence.keep(jpeg(1)), await evidence.keep(jpeg(2))];
  startUplink();
  await vi.waitFor(() => expect(pictures).toEqual([{ topic: `mz/v1/${canteen}/evidence/${second}`, payload: jpeg(2) }]));
  expect(evidence.health().waiting).toBe(2); // the broker's word is not the server's
  await say('stored', { nonsense: true });
  await say('stored', stored(second));
  await vi.waitFor(() => expect(pictures[1]).toEqual({ topic: `mz/v1/${canteen}/evidence/${first}`, payload: jpeg(1) }));
  expect(evidence.health().waiting).toBe(1);
  await say('stored', stored(first));
  await vi.waitFor(() => expect(evidence.health().waiting).toBe(0));
  const third = await evidence.keep(jpeg(3));
  uplink.wake();
  await vi.waitFor(() => expect(pictures[2]?.topic).toBe(`mz/v1/${canteen}/evidence/${third}`));
});

test('a picture that was not answered for is sent again over the next connection', async () => {
  const sha256 = await evidence.keep(Buffer.from([0xff, 0xd8, 0xff, 1]));
  startUplink();
  await vi.waitFor(() => expect(pictures).toHaveLength(1));
  const before = pictures.length;
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expect(pictures.length).toBeGreaterThan(before));
  expect(new Set(pictures.map(({ topic }) => topic))).toEqual(new Set([`mz/v1/${canteen}/evidence/${sha256}`]));
});
