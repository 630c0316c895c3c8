// The embedded broker, spoken to by real MQTT clients and, where they are too polite, by bare sockets.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { evidenceTopic, topic } from '#contract/topics.ts';
import { createBroker, type UpMessage } from '../../server/broker.ts';
import { silent } from './app-parts.ts';
import { connectBare, hello as helloOf, write } from './bare-mqtt.ts';
import { status } from './ingest-messages.ts';

const keys = { qiaodong: 'key-of-qiaodong', heping: 'key-of-heping' };
type Canteen = keyof typeof keys;

async function openBroker(onMessage: (message: UpMessage) => Promise<void> = async () => undefined) {
  const received: UpMessage[] = [];
  const warnings: object[] = [];
  const broker = await createBroker({
    listen: { host: '127.0.0.1', port: 0 },
    accounts: Object.entries(keys).map(([canteen, key]) => ({ canteen, keySha256: createHash('sha256').update(key).digest() })),
    onMessage: async (message) => {
      await onMessage(message);
      received.push(message);
    },
    log: Object.assign(Object.create(silent), { warn: (about: object) => warnings.push(about) }),
    now: () => 1234,
  });
  onTestFinished(() => broker.close());
  return { broker, received, warnings };
}

async function connect(port: number, canteen: Canteen, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ username: canteen, password: keys[canteen], protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 5_000 },
    ...options,
  });
  onTestFinished(() => void client.end(true));
  client.on('error', () => undefined);
  return client;
}

const hello = (canteen: Canteen, protocolVersion?: number) => helloOf(canteen, keys[canteen], { protocolVersion });

function disconnected(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

function nextMessage(client: MqttClient): Promise<{ payload: Buffer; retain: boolean }> {
  return new Promise((resolve) => client.once('message', (_, payload, { retain }) => resolve({ payload, retain })));
}

describe('a gateway', () => {
  test('is heard under its own topics, with the time of arrival', async () => {
    const { broker, received } = await openBroker();
    const client = await connect(broker.port, 'qiaodong');
    const picture = evidenceTopic('qiaodong', 'a'.repeat(64));
    for (const name of [topic('qiaodong', 'events'), topic('qiaodong', 'heartbeat'), picture])
      await client.publishAsync(name, 'x', { qos: 1 });
    expect(received.map(({ canteen, kind, receivedAt }) => [canteen, kind, receivedAt])).toEqual([
      ['qiaodong', 'events', 1234],
      ['qiaodong', 'heartbeat', 1234],
      ['qiaodong', 'evidence', 1234],
    ]);
  });

  test.each<[string, IClientOptions]>([
    ['a wrong key', { password: 'wrong' }],
    ['no key', { password: '' }],
    ['the name of no canteen', { username: 'nobody' }],
    ['no name', { username: undefined, password: undefined } as unknown as IClientOptions],
    ['the key of another canteen', { password: keys.heping }],
    ['a keepalive beyond the limit', { keepalive: 3600 }],
    ['no keepalive', { keepalive: 0 }],
  ])('is refused with %s', async (_, options) => {
    const { broker } = await openBroker();
    await expect(connect(broker.port, 'qiaodong', options)).rejects.toThrow();
    expect(broker.connections()).toBe(0);
  });

  test('leaves no key in the log when it is refused', async () => {
    const { broker, warnings } = await openBroker();
    await expect(connect(broker.port, 'qiaodong', { password: 'a-secret-typed-wrong' })).rejects.toThrow();
    expect(JSON.stringify(warnings)).toContain('wrong key');
    expect(JSON.stringify(warnings)).not.toContain('a-secret-typed-wrong');
  });

  test.each([
    topic('heping', 'events'),
    topic('qiaodong', 'ack'),
    topic('qiaodong', 'commands'),
    'mz/v1/qiaodong/events/more',
    'mz/v1/qiaodong/evidence',
    '$SYS/anything',
    'elsewhere',
  ])('is disconnected when it writes to %s', async (foreign) => {
    const { broker, received, warnings } = await openBroker();
    const client = await connect(broker.port, 'qiaodong');
    const closed = disconnected(client);
    client.publish(foreign, 'x', { qos: 1 });
    await closed;
    expect(received).toEqual([]);
    expect(warnings).toContainEqual(expect.objectContaining({ topic: foreign, canteen: 'qiaodong' }));
  });

  test('may read what is meant for it, and nothing else', async () => {
    const { broker } = await openBroker();
    await broker.publish(topic('qiaodong', 'ack'), { for: 'qiaodong' });
    await broker.publish(topic('heping', 'ack'), { for: 'heping' });
    const client = await connect(broker.port, 'qiaodong');
    const seen: string[] = [];
    client.on('message', (name) => seen.push(name));
    const refused = [
      'mz/v1/+/ack',
      'mz/v1/#',
      '#',
      topic('heping', 'ack'),
      topic('qiaodong', 'events'),
      '$SYS/#',
      `$share/g/${topic('heping', 'ack')}`,
    ];
    for (const name of refused) await expect(client.subscribeAsync(name)).rejects.toThrow();
    await client.subscribeAsync([topic('qiaodong', 'ack'), topic('qiaodong', 'gaps'), topic('qiaodong', 'commands')], { qos: 1 });
    await broker.publish(topic('heping', 'gaps'), {});
    await broker.publish(topic('qiaodong', 'gaps'), {});
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen).toEqual([topic('qiaodong', 'ack'), topic('qiaodong', 'gaps')]);
  });

  test('finds the newest retained message when it connects again', async () => {
    const { broker } = await openBroker();
    await broker.publish(topic('qiaodong', 'ack'), { sequence: 1 });
    await broker.publish(topic('qiaodong', 'ack'), { sequence: 2 });
    const client = await connect(broker.port, 'qiaodong');
    const message = nextMessage(client);
    await client.subscribeAsync(topic('qiaodong', 'ack'), { qos: 1 });
    const { payload, retain } = await message;
    expect(JSON.parse(payload.toString())).toEqual({ sequence: 2 });
    expect(retain).toBe(true);
  });

  test('is told that its message arrived only after it is stored', async () => {
    const storing = Promise.withResolvers<void>();
    const { broker, received } = await openBroker(() => storing.promise);
    const client = await connect(broker.port, 'qiaodong');
    let confirmed = false;
    const publishing = client.publishAsync(topic('qiaodong', 'events'), 'x', { qos: 1 }).then(() => {
      confirmed = true;
    });
    const other = await connect(broker.port, 'heping');
    await other.subscribeAsync(topic('heping', 'ack'));
    expect(confirmed).toBe(false);
    storing.resolve();
    await publishing;
    expect(received).toHaveLength(1);
  });

  test('is disconnected without a confirmation where its message cannot be stored', async () => {
    const { broker, received } = await openBroker(async () => {
      throw new Error('overloaded');
    });
    const client = await connect(broker.port, 'qiaodong');
    const closed = disconnected(client);
    const confirmed = vi.fn();
    client.publish(topic('qiaodong', 'events'), 'x', { qos: 1 }, confirmed);
    await closed;
    expect(received).toEqual([]);
    expect(confirmed).not.toHaveBeenCalledWith(undefined);
  });

  test('is reported offline by its last will when its line breaks', async () => {
    const { broker, received } = await openBroker();
    const payload = JSON.stringify(status(false));
    const client = await connect(broker.port, 'qiaodong', { will: { topic: topic('qiaodong', 'status'), payload, qos: 1, retain: true } });
    client.stream.destroy();
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received[0]).toMatchObject({ kind: 'status', canteen: 'qiaodong' });
    expect(String(received[0]?.payload)).toBe(payload);
  });

  test('cannot leave a last will under the name of another', async () => {
    const { broker, received, warnings } = await openBroker();
    const client = await connect(broker.port, 'qiaodong', {
      will: { topic: topic('heping', 'status'), payload: 'x', qos: 1, retain: true },
    });
    client.stream.destroy();
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(received).toEqual([]);
  });

  test('does not throw off another canteen that uses the same client id, but takes over from itself', async () => {
    const { broker } = await openBroker();
    const first = await connect(broker.port, 'qiaodong', { clientId: 'gateway' });
    const other = await connect(broker.port, 'heping', { clientId: 'gateway' });
    const closed = disconnected(first);
    const again = await connect(broker.port, 'qiaodong', { clientId: 'gateway' });
    await closed;
    expect([other.connected, again.connected]).toEqual([true, true]);
    await vi.waitFor(() => expect(broker.connections()).toBe(2));
  });
});

describe('a bad client', () => {
  test.each<[string, Buffer[]]>([
    ['sends noise', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['speaks MQTT 5', [hello('qiaodong', 5)]],
    ['writes before it says who it is', [write(topic('qiaodong', 'events'))]],
    ['announces a packet of 256 MiB', [hello('qiaodong'), Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]],
    ['announces a packet of 256 MiB before it says who it is', [Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])]],
    ['says who it is twice', [hello('qiaodong'), hello('qiaodong')]],
    ['writes to a topic of sixty thousand levels', [hello('qiaodong'), write('/'.repeat(60_000))]],
  ])('that %s is disconnected, and hurts nobody', async (_, packets) => {
    const { broker, received } = await openBroker();
    const good = await connect(broker.port, 'heping');
    const bad = await connectBare(broker.port, ...packets);
    bad.resume();
    await once(bad, 'close');
    await good.publishAsync(topic('heping', 'events'), 'x', { qos: 1 });
    expect(received.map(({ canteen }) => canteen)).toEqual(['heping']);
    expect(good.connected).toBe(true);
  });

  test('that leaves while its message is being stored does no harm', async () => {
    const storing = Promise.withResolvers<void>();
    const { broker, received } = await openBroker(({ canteen }) => (canteen === 'qiaodong' ? storing.promise : Promise.resolve()));
    const leaving = await connect(broker.port, 'qiaodong');
    leaving.publish(topic('qiaodong', 'events'), 'x', { qos: 1 });
    const good = await connect(broker.port, 'heping');
    leaving.stream.destroy();
    await vi.waitFor(() => expect(broker.connections()).toBe(1));
    storing.resolve();
    await good.publishAsync(topic('heping', 'events'), 'x', { qos: 1 });
    expect(received.map(({ canteen }) => canteen).toSorted()).toEqual(['heping', 'qiaodong']);
  });
});

test('a port that is taken is told in a sentence', async () => {
  const { broker } = await openBroker();
  const second = createBroker({
    listen: { host: '127.0.0.1', port: broker.port },
    accounts: [],
    onMessage: async () => undefined,
    log: silent,
    now: () => 0,
  });
  await expect(second).rejects.toMatchObject({ code: 'address-taken', message: expect.stringContaining(`127.0.0.1:${broker.port}`) });
});

test('closing the broker ends every connection', async () => {
  const { broker } = await openBroker();
  const client = await connect(broker.port, 'qiaodong');
  const bare = await connectBare(broker.port);
  bare.resume();
  const closed = Promise.all([disconnected(client), once(bare, 'close')]);
  await broker.close();
  await closed;
});
