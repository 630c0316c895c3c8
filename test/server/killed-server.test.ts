// Two server processes on one PostgreSQL and one mosquitto: killing one in the middle of a load loses nothing.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import mqtt from 'mqtt';
import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import { topic } from '#contract/topics.ts';
import { heartbeat, layout, reachable, upMessage } from './ingest-messages.ts';
import { startMosquitto } from './mosquitto.ts';
import { startPostgres } from './postgres.ts';
import { run, writeConfig } from './server-program.ts';

const canteens = ['qiaodong', 'heping', 'xinjian', 'shengli'];
const eventsEach = 400;
const batch = 10;

test('two servers share a load; one is killed in the middle of it, and every event is stored once', { timeout: 120_000 }, async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const keys = Object.fromEntries(canteens.map((id) => [id, `key-of-${id}`]));
  const broker = await startMosquitto({ ...keys, 'mingzao-server': 'key-of-server' });
  onTestFinished(() => broker.close());
  const { url, password } = await postgres.createDatabase();
  const startServer = () => {
    const file = writeConfig(
      {
        mqtt: { broker: { url: `mqtt://mingzao-server@127.0.0.1:${broker.port}`, passwordFile: 'broker', shared: true } },
        state: { url, passwordFile: 'postgres' },
        // Nothing answers there: points wait, and nothing else does.
        telemetry: { url: 'http://127.0.0.1:9/mingzao' },
        sweepSeconds: 1,
      },
      canteens,
    );
    writeFileSync(join(dirname(file), 'broker'), 'key-of-server\n');
    writeFileSync(join(dirname(file), 'postgres'), `${password}\n`);
    return run('--config', file);
  };
  const first = startServer();
  const { address: firstAt } = await first.listening();
  const second = startServer();
  const { address } = await second.listening();
  for (const at of [firstAt, address])
    await vi.waitFor(async () => expect(await (await fetch(`${at}/api/health/ready`)).json()).toMatchObject({ ready: true }), 10_000);

  const gateways = await Promise.all(canteens.map((id) => startGateway(broker.port, id)));
  // In the middle of the load: some is acknowledged of each, and of none all.
  await vi.waitFor(() => expect(Math.min(...gateways.map(({ acknowledged }) => acknowledged()))).toBeGreaterThan(50), 20_000);
  first.child.kill('SIGKILL');
  await first.exited;
  expect(gateways.some(({ acknowledged }) => acknowledged() < eventsEach)).toBe(true);
  await vi.waitFor(() => expect(gateways.map(({ acknowledged }) => acknowledged())).toEqual(canteens.map(() => eventsEach)), 60_000);

  const { hostname: host, port, username: user, pathname } = new URL(url);
  const database = new Client({ host, port: Number(port), user, password, database: pathname.slice(1) });
  await database.connect();
  onTestFinished(() => database.end());
  const { rows } = await database.query(
    'select canteen, count(*)::int as events, count(distinct sequence)::int as sequences, max(sequence)::int as last from events group by 1',
  );
  expect(rows.toSorted((a, b) => (a.canteen < b.canteen ? -1 : 1))).toEqual(
    canteens.toSorted().map((canteen) => ({ canteen, events: eventsEach, sequences: eventsEach, last: eventsEach })),
  );
  const { rows: open } = await database.query<{ body: string }>("select body from gaps where status = 'open'");
  const subjects = open
    .map(({ body }) => JSON.parse(body) as Gap)
    .map(({ canteen, rule, zone, device }) => [canteen, rule, zone, device].join(' '));
  expect(new Set(subjects).size).toBe(subjects.length);
  expect(subjects.filter((subject) => subject.includes('gateway-silent'))).toEqual([]);
  // The one that is left leads: it alone would let time pass.
  await vi.waitFor(
    async () =>
      expect((await database.query("select 1 from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock'")).rowCount).toBe(1),
    10_000,
  );
  await Promise.all(gateways.map(({ stop }) => stop()));
  second.child.kill('SIGTERM');
  const ended = await second.exited;
  expect(ended, ended.out.slice(-2000)).toMatchObject({ code: 0, err: '' });
});

/** Sends its events as an outbox does: a little ahead of what is acknowledged, and again what was not. */
async function startGateway(port: number, id: string) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: id, password: `key-of-${id}`, protocolVersion: 4 });
  onTestFinished(() => void client.end(true));
  let acknowledged = 0;
  client.on('message', (_, payload) => {
    acknowledged = Math.max(acknowledged, JSON.parse(payload.toString()).data.sequence);
  });
  await client.subscribeAsync(topic(id, 'ack'), { qos: 1 });
  const at = Date.now();
  const eventOf = (sequence: number) => (sequence === 1 ? layout(1) : reachable(sequence, { at, device: 'cam-1' }));
  let stopping = false;
  const sending = send();
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      stopping = true;
      await sending;
      await client.endAsync();
    },
  };

  async function send(): Promise<void> {
    while (!stopping) {
      const from = acknowledged + 1;
      await publish('heartbeat', heartbeat(Date.now()));
      for (let sequence = from; sequence < from + 5 * batch && sequence <= eventsEach; sequence += batch)
        await publish(
          'events',
          Array.from({ length: Math.min(batch, eventsEach - sequence + 1) }, (_, index) => eventOf(sequence + index)),
        );
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThanOrEqual(Math.min(from, eventsEach)), 500).catch(() => undefined);
    }
  }

  async function publish(kind: 'events' | 'heartbeat', body: unknown): Promise<void> {
    const { topic: name, payload } = upMessage(kind, body, id);
    await client.publishAsync(name, payload, { qos: 1 });
  }
}
