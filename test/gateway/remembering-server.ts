// A server that only remembers what one gateway tells, acknowledges what it has without a hole, and asks what a test wants.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import type { Command } from '#contract/commands.ts';
import { envelope, type OutboxEvent } from '#contract/envelope.ts';
import type { Fact } from '#contract/facts.ts';
import type { Heartbeat } from '#contract/gateway-health.ts';
import { parseTopic, topic } from '#contract/topics.ts';

export interface RememberingServer {
  readonly url: string;
  /** As they came: what was sent twice is there twice. */
  readonly events: readonly OutboxEvent[];
  /** In the order they came. */
  readonly heartbeats: readonly Heartbeat[];
  /** What was sent as evidence, by the SHA-256 it was sent under. */
  readonly pictures: ReadonlyMap<string, Buffer>;
  /** Online or not, as it was told. */
  readonly statuses: readonly boolean[];
  /** Every fact told, each once, in the order of their sequences. */
  facts(): Fact[];
  /** `device check`: how the newest fact of it came out, by its fault where it has one. */
  outcomes(): Record<string, string>;
  /** Resolves when the gateway has answered. */
  ask(about: Pick<Command, 'kind' | 'device'>): Promise<string>;
  close(): Promise<void>;
}

export async function createRememberingServer(canteen: string): Promise<RememberingServer> {
  const events: OutboxEvent[] = [];
  const pictures = new Map<string, Buffer>();
  const heartbeats: Heartbeat[] = [];
  const statuses: boolean[] = [];
  const known = new Map<number, OutboxEvent>();
  const asked = new Map<string, (detail: string) => void>();
  let through = 0;
  const broker = await Aedes.createBroker();
  broker.on('publish', ({ topic: name, payload }) => {
    if (name === topic(canteen, 'events')) take(JSON.parse(String(payload)));
    const { kind, sha256 } = parseTopic(name) ?? {};
    if (kind === 'evidence' && sha256 !== undefined) takePicture(sha256, Buffer.from(payload));
    if (name === topic(canteen, 'heartbeat')) heartbeats.push(JSON.parse(String(payload)).data);
    if (name === topic(canteen, 'status')) statuses.push(JSON.parse(String(payload)).data.online);
  });
  const server = createServer(broker.handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');

  function take(batch: OutboxEvent[]): void {
    events.push(...batch);
    for (const event of batch) {
      known.set(event.sequence, event);
      if (event.type === 'cn.mingzao.reply.v1') asked.get(event.data.command)?.(`${event.data.status}: ${event.data.detail}`);
    }
    while (known.has(through + 1)) through += 1;
    const { epoch = '' } = batch[0] ?? {};
    say('ack', envelope('cn.mingzao.ack.v1', { ...about('ack'), data: { schemaVersion: 1, epoch, sequence: through } }));
  }

  function takePicture(sha256: string, bytes: Buffer): void {
    pictures.set(sha256, bytes);
    say('stored', envelope('cn.mingzao.stored.v1', { ...about(sha256), data: { schemaVersion: 1, pictures: [sha256] } }));
  }

  function say(kind: 'ack' | 'stored' | 'commands', message: object): void {
    const payload = Buffer.from(JSON.stringify(message));
    broker.publish({ cmd: 'publish', topic: topic(canteen, kind), payload, qos: 1, retain: false, dup: false }, () => {});
  }

  const about = (id: string) => ({ id, source: '/server', time: new Date().toISOString() });
  const facts = () =>
    [...known.values()]
      .toSorted((a, b) => a.sequence - b.sequence)
      .flatMap((event) => (event.type === 'cn.mingzao.fact.v1' ? [event.data] : []));

  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    heartbeats,
    pictures,
    statuses,
    facts,
    outcomes: () => Object.fromEntries(facts().map(({ device, check, outcome, fault }) => [`${device} ${check}`, fault ?? outcome])),
    ask({ kind, device }) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const id = `command-${asked.size + 1}`;
      asked.set(id, resolve);
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      say('commands', envelope('cn.mingzao.command.v1', { ...about(id), data: { schemaVersion: 1, id, kind, device, expiresAt } }));
      return promise;
    },
    async close() {
      await new Promise<void>((resolve) => broker.close(resolve));
      server.close();
    },
  };
}
