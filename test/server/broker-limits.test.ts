// What one bad client may take of the broker, each time beside a good one that must notice nothing.
import { createHash } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { createBroker, type UpMessage } from '../../server/broker.ts';
import { createPace } from '../../server/pace.ts';
import { silent } from './app-parts.ts';
import { connectBare, hello, hungUp, subscribe, write } from './bare-mqtt.ts';

const keys = { good: 'key-of-good', bad: 'key-of-bad' };

async function openBroker(about: { strangerLimits?: { max: number; withinMs: number } } = {}) {
  const received: UpMessage[] = [];
  const refused: string[] = [];
  const broker = await createBroker({
    listen: { host: '127.0.0.1', port: 0 },
    accounts: Object.entries(keys).map(([canteen, key]) => ({ canteen, keySha256: createHash('sha256').update(key).digest() })),
    onMessage: async (message) => void received.push(message),
    ...about,
    onRefused: (reason) => refused.push(reason),
    ...{ log: silent, now: Date.now },
  });
  onTestFinished(() => broker.close());
  const good = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username: 'good', password: keys.good, reconnectPeriod: 0 });
  onTestFinished(() => void good.end(true));
  await good.subscribeAsync(topic('good', 'ack'), { qos: 1 });
  return { broker, received, refused, good };
}

const badHello = (about: Parameters<typeof hello>[2] = {}) => hello('bad', keys.bad, about);

/** It is heard, and hears what is said to it, while `broker` has whatever to do with others. */
async function expectUnhurt(good: MqttClient, broker: Awaited<ReturnType<typeof openBroker>>['broker']): Promise<void> {
  const since = performance.now();
  const heard = new Promise((resolve) => good.once('message', resolve));
  await good.publishAsync(topic('good', 'events'), 'x', { qos: 1 });
  await broker.publish(topic('good', 'ack'), { sequence: 1 });
  await heard;
  expect(performance.now() - since).toBeLessThan(2_000);
}

test('a gateway that never reads is cut off, and holds nobody up before that', async () => {
  const { broker, refused, good } = await openBroker();
  const bad = await connectBare(broker.port, badHello(), subscribe(topic('bad', 'gaps')));
  await vi.waitFor(() => expect(broker.connections()).toBe(2));
  const gaps = { filling: 'x'.repeat(100_000) };
  // Far more than may wait at once, of many messages: each that waited to be written would keep one of the broker’s hundred turns.
  for (let index = 0; index < 500 && broker.connections() === 2; index += 1) {
    void broker.publish(topic('bad', 'gaps'), gaps);
    if (index % 50 === 49) await expectUnhurt(good, broker);
  }
  await vi.waitFor(() => expect(broker.connections()).toBe(1));
  expect(refused).toEqual(['it does not read what it is sent']);
  bad.destroy();
});

test('a gateway that sends without end is read no faster than it may, and loses nothing by it', async () => {
  const { broker, received, good } = await openBroker();
  const bad = await connectBare(broker.port, badHello());
  const payload = Buffer.alloc(1_000_000);
  for (let index = 0; index < 40; index += 1) bad.write(write(topic('bad', 'events'), payload));
  const ofBad = () => received.filter(({ canteen }) => canteen === 'bad').length;
  // Unhindered, all forty would be through in a fraction of that.
  await expect(vi.waitFor(() => expect(ofBad()).toBe(40), 1_500)).rejects.toThrow();
  expect(ofBad()).toBeGreaterThanOrEqual(16);
  await expectUnhurt(good, broker);
  expect(bad.writableLength).toBeGreaterThan(0);
  expect(broker.connections()).toBe(2);
});

test('a gateway whose many small messages come in one go beyond its burst is read on', async () => {
  const { broker, received } = await openBroker();
  const bad = await connectBare(broker.port, badHello());
  for (let index = 0; index < 16; index += 1) bad.write(write(topic('bad', 'events'), Buffer.alloc(1_000_000)));
  const ofBad = () => received.filter(({ canteen }) => canteen === 'bad').length;
  await vi.waitFor(() => expect(ofBad()).toBe(16), 10_000);
  for (let go = 0; go < 5; go += 1)
    bad.write(Buffer.concat(Array.from({ length: 20 }, () => write(topic('bad', 'events'), Buffer.alloc(3_000)))));
  await vi.waitFor(() => expect(ofBad()).toBe(116), 10_000);
});

test('a pace lets a burst pass at once, and what follows only as time goes on', () => {
  const clock = { ms: 0 };
  const waitOf = createPace({ perSecond: 10, burst: 100, nowMs: () => clock.ms });
  expect([waitOf('a', 100), waitOf('a', 10), waitOf('b', 50)]).toEqual([0, 1000, 0]);
  clock.ms = 3000;
  expect(waitOf('a', 20)).toBe(0);
  clock.ms = 1_000_000;
  expect(waitOf('a', 100)).toBe(0);
});

test('connections that never say who they are shut out only themselves', async () => {
  const { broker, good } = await openBroker({ strangerLimits: { max: 50, withinMs: 10_000 } });
  const strangers = await Promise.all(Array.from({ length: 80 }, () => connectBare(broker.port)));
  for (const stranger of strangers) stranger.resume();
  await vi.waitFor(() => expect(strangers.filter(({ closed }) => closed)).toHaveLength(30));
  await expectUnhurt(good, broker);
  const another = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username: 'bad', password: keys.bad, reconnectPeriod: 0 });
  await another.endAsync();
});

test('a connection that does not say who it is in time ends, also in the middle of saying so', async () => {
  const { broker, refused, good } = await openBroker({ strangerLimits: { max: 50, withinMs: 300 } });
  const silent = await connectBare(broker.port);
  const slow = await connectBare(broker.port, badHello().subarray(0, 10));
  await Promise.all([hungUp(silent), hungUp(slow)]);
  expect(refused).toEqual(['connect did not arrive in time', 'connect did not arrive in time']);
  await expectUnhurt(good, broker);
});

test.each<[string, Buffer[]]>([
  [
    'asks for ten thousand topics that are not its own',
    [badHello(), subscribe(...Array.from({ length: 10_000 }, (_, index) => `a/${index}`))],
  ],
  ['leaves a last will of sixty kilobytes', [badHello({ will: { topic: topic('bad', 'status'), bytes: 60_000 } })]],
  ['says nothing for longer than it promised', [badHello({ keepaliveSeconds: 1 })]],
])('a gateway that %s is cut off', async (_, packets) => {
  const { broker, good } = await openBroker();
  const bad = await connectBare(broker.port, ...packets);
  await hungUp(bad);
  await vi.waitFor(() => expect(broker.connections()).toBe(1));
  await expectUnhurt(good, broker);
});

test('a client id of sixty thousand letters takes no room', async () => {
  const { broker, good } = await openBroker();
  await connectBare(broker.port, badHello({ clientId: 'x'.repeat(60_000) }), write(topic('bad', 'events')));
  await vi.waitFor(() => expect(broker.connections()).toBe(2));
  await expectUnhurt(good, broker);
});
