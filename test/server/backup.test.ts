// A back-up of a server at work and the way back: onto the other engine too, and with a gateway that had been acknowledged more.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { evidenceTopic, topic } from '#contract/topics.ts';
import { sleep } from '../../gateway/clock.ts';
import { createOutbox, type Outbox } from '../../gateway/outbox.ts';
import { createUplink } from '../../gateway/uplink.ts';
import { auditVerify } from '../../server/audit-command.ts';
import { backup, restore } from '../../server/backup.ts';
import type { Settings } from '../../server/config.ts';
import { openAuthority } from '../../server/identity/authority.ts';
import { startServer } from '../../server/main.ts';
import { factEntry, layoutEntry } from '../gateway/entries.ts';
import { firstAdministrator, password, signedIn } from '../signed-in.ts';
import { silentLog } from '../silent-log.ts';
import { silent, standard } from './app-parts.ts';
import { layout, picture, reachable, sha256 } from './ingest-messages.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

const key = 'key-of-qiaodong';

let postgres: RunningPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

function settingsIn(dataDir: string, about: Partial<Settings> = {}): Settings {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    mqtt: { listen: { host: '127.0.0.1', port: 0 } },
    authority: { folder: join(dataDir, 'authority'), names: [], gatewayDays: 90 },
    evidence: { folder: join(dataDir, 'evidence') },
    dataDir,
    state: { url: `sqlite:${join(dataDir, 'state.db')}` },
    telemetry: { url: `sqlite:${join(dataDir, 'telemetry.db')}`, queuePointsMax: 1000 },
    standard,
    pages: resolve('dashboards/dist'),
    sweepSeconds: 1,
    keep: {
      ...{ eventsDays: 400, closedGapsDays: 400, evidenceDays: 400, evidenceMegabytesPerCanteen: 1 },
      ...{ telemetryRawDays: 14, telemetryHourlyDays: 400 },
    },
    sessions: { idleHours: 1, longestDays: 1 },
    canteens: [{ id: 'qiaodong', name: '桥东', district: '迎泽区', keySha256: createHash('sha256').update(key).digest() }],
    log: { level: 'error' },
    ...about,
  };
}

/** A server that is stopped with the test, at the latest. */
async function run(settings: Settings) {
  const server = await startServer(settings, silent);
  let running = true;
  const stop = async () => {
    if (running) await server.stop();
    running = false;
  };
  onTestFinished(stop);
  // Who was backed up signs in again with the password of then.
  const { firstLink, address } = server;
  const { ask, fetch: look } = firstLink === undefined ? await signedIn(address) : await firstAdministrator(firstLink);
  return { ...server, stop, ask, look, stored: async () => (await ask<{ eventsStored: number }>('/api/health/details')).eventsStored };
}

type Running = Awaited<ReturnType<typeof run>>;

const said: string[] = [];
const deps = { by: 'tester', say: (line: string) => void said.push(line), now: Date.now };
const jpeg = picture(1000);
const observed = Date.now() - 1000;

async function tell(server: Running, events: object[]): Promise<void> {
  const client = await mqtt.connectAsync(server.mqtt, { username: 'qiaodong', password: key, reconnectPeriod: 0 });
  await client.publishAsync(topic('qiaodong', 'events'), JSON.stringify(events), { qos: 1 });
  await client.publishAsync(evidenceTopic('qiaodong', sha256(jpeg)), jpeg, { qos: 1 });
  await client.endAsync();
}

async function expectWholeAgain(server: Running): Promise<void> {
  const view = await server.ask<{ devices: { id: string; facts: object[] }[] }>('/api/canteens/qiaodong');
  expect(view.devices.map(({ id, facts }) => [id, facts.length])).toEqual([
    ['cam-1', 1],
    ['nvr-1', 0],
  ]);
  const shown = await server.look(`/api/evidence/qiaodong/${sha256(jpeg)}`);
  expect(Buffer.from(await shown.arrayBuffer()).equals(jpeg)).toBe(true);
  const { samples } = await server.ask<{ samples: object[] }>('/api/canteens/qiaodong/series?device=cam-1&metric=round-trip-ms');
  expect(samples).toMatchObject([{ mean: 3, at: new Date(observed).toISOString() }]);
}

/** A number written behind ingest is there a moment after the event. */
async function withPoints(server: Running): Promise<void> {
  await vi.waitFor(async () => expect(await server.ask('/api/health/details')).toMatchObject({ telemetry: { waiting: 0 } }), 10_000);
}

test('a server at work is backed up whole, and restored elsewhere', async () => {
  const archive = join(temporaryFolder(), 'backup.tar');
  const here = settingsIn(join(temporaryFolder(), 'data'));
  const server = await run(here);
  await tell(server, [layout(1), reachable(2, { at: observed })]);
  await withPoints(server);
  await backup(archive, here, deps);
  await tell(server, [reachable(3)]);
  expect(await server.stored()).toBe(3);
  await server.stop();
  expect(statSync(archive).mode & 0o777).toBe(0o600);

  const there = settingsIn(join(temporaryFolder(), 'data'));
  await restore(archive, there, deps);
  const [before, after] = [
    await openAuthority({ ...here.authority, now: Date.now }),
    await openAuthority({ ...there.authority, now: Date.now }),
  ];
  expect(after.fingerprint).toBe(before.fingerprint);
  const restored = await run(there);
  expect(await restored.stored()).toBe(2);
  await expectWholeAgain(restored);
});

test('what was there before is kept aside, and nothing is left half-way', async () => {
  const folder = temporaryFolder();
  const settings = settingsIn(join(folder, 'data'));
  const server = await run(settings);
  await tell(server, [layout(1)]);
  await backup(join(folder, 'backup.tar'), settings, deps);
  await expect(restore(join(folder, 'backup.tar'), settings, deps)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/^another server is at work/),
  });
  await tell(server, [reachable(2)]);
  await server.look('/api/sign-out', { method: 'POST' });
  await server.stop();
  await restore(join(folder, 'backup.tar'), settings, deps);
  const aside = globSync(join(folder, 'data/state.db.before-restore-*')).filter((name) => !name.endsWith('-shm') && !name.endsWith('-wal'));
  expect(aside).toHaveLength(1);
  expect(eventsIn(aside[0] ?? '')).toBe(2);
  expect(eventsIn(join(folder, 'data/state.db'))).toBe(1);
  expect(globSync(join(folder, '{,data/}.mingzao-*'))).toEqual([]);
  // Nobody makes what was done since the back-up undone by restoring it.
  expect(auditedIn(join(folder, 'data/state.db'))).toEqual(['link-accepted', 'signed-in', 'backed-up', 'signed-out', 'restored']);
  await auditVerify(settings, { say: () => undefined });
});

test('no key of then opens anything after a restore, and what is to be looked at is said', async () => {
  const folder = temporaryFolder();
  const settings = settingsIn(join(folder, 'data'));
  const { ask, stop } = await run(settings);
  const post = (path: string, body: object) => ask(path, { method: 'POST', body });
  await post('/api/me/tokens', { password, name: 't', roles: ['administrator'] });
  await post('/api/people', { name: '王工', grants: [{ role: 'regulator', scope: { kind: 'all' } }] });
  await post('/api/canteens/qiaodong/claim-code', {});
  await stop();
  const keysThere = () =>
    ['sessions', 'tokens', 'invitations', 'claim_codes'].map((table) => countIn(join(folder, 'data/state.db'), table));
  expect(keysThere()).toEqual([1, 1, 1, 1]);
  await backup(join(folder, 'backup.tar'), settings, deps);
  said.length = 0;
  await restore(join(folder, 'backup.tar'), settings, deps);
  expect(keysThere()).toEqual([0, 0, 0, 0]);
  expect(countIn(join(folder, 'data/state.db'), 'people')).toBe(2);
  expect(said.join('\n')).toMatch(/tokens, one-time links and claim codes .* made anew\n.*disabled or demoted since/);
});

test('state moves from SQLite to PostgreSQL and back by a back-up, out of a server at work', async () => {
  const folder = temporaryFolder();
  const small = settingsIn(join(folder, 'small'));
  const first = await run(small);
  await tell(first, [layout(1), reachable(2, { at: observed }), ...Array.from({ length: 1200 }, (_, index) => reachable(index + 4))]);
  await withPoints(first);
  await backup(join(folder, 'small.tar'), small, deps);
  await first.stop();

  const large = settingsIn(join(folder, 'large'), { state: await postgres.createDatabase() });
  await restore(join(folder, 'small.tar'), large, deps);
  const second = await run(large);
  expect(await second.stored()).toBe(1202);
  await expect(restore(join(folder, 'small.tar'), { ...large, dataDir: join(folder, 'another') }, deps)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/at work in this PostgreSQL database/),
  });
  await tell(second, [reachable(3, { at: observed })]);
  await backup(join(folder, 'large.tar'), large, deps);
  await second.stop();

  const again = settingsIn(join(folder, 'again'));
  await restore(join(folder, 'large.tar'), again, deps);
  const third = await run(again);
  expect(await third.stored()).toBe(1203);
  expect(eventsIn(join(folder, 'again/state.db'))).toBe(1203);
  await expectWholeAgain(third);
});

test('a gateway goes on after an old back-up was restored: it tells what it no longer has as lost, and is acknowledged again', async () => {
  const folder = temporaryFolder();
  const settings = settingsIn(join(folder, 'data'));
  const outbox = createOutbox({
    file: join(folder, 'outbox.db'),
    canteen: 'qiaodong',
    maxEvents: 1000,
    maxBytes: 1e7,
    now: Date.now,
    log: silentLog,
  });
  onTestFinished(() => outbox.close());
  const isEmpty = () => vi.waitFor(() => expect(outbox.health().waiting).toBe(0), 20_000);

  const first = await run(settings);
  let gateway = startGateway(first.mqtt, outbox);
  gateway.tell(3);
  await isEmpty();
  await backup(join(folder, 'backup.tar'), settings, deps);
  gateway.tell(5);
  await isEmpty();
  await gateway.stop();
  await first.stop();

  await restore(join(folder, 'backup.tar'), settings, deps);
  const second = await run(settings);
  gateway = startGateway(second.mqtt, outbox);
  onTestFinished(() => gateway.stop());
  gateway.tell(2);
  await isEmpty();
  const { gaps } = await second.ask<{ gaps: { rule: string }[] }>('/api/gaps');
  expect(gaps.map(({ rule }) => rule)).toContain('records-lost');
  const watermarks = new DatabaseSync(join(folder, 'data/state.db'), { readOnly: true });
  onTestFinished(() => watermarks.close());
  // 8 told before, 2 after, the loss, and the layout told anew: all of it accounted for, without a hole.
  expect(watermarks.prepare('select epoch, through, beyond from watermarks').all()).toEqual([
    { epoch: outbox.epoch, through: 12, beyond: '[]' },
  ]);
});

/** A gateway's outbox and uplink as its main puts them together, every wait of it a hundred times as fast. */
function startGateway(url: string, outbox: Outbox) {
  const stop = new AbortController();
  const evidence = { next: () => undefined, forget: () => undefined };
  const uplink = createUplink({
    ...{ credentials: () => ({ kind: 'key', key }) as const, identity: undefined },
    ...{ url, canteen: 'qiaodong', session: 's', version: '0', heartbeatEveryMs: 30_000, outbox, evidence },
    heartbeat: () => ({
      ...{ schemaVersion: 1, session: 's', at: new Date().toISOString(), uptimeSeconds: 1, memoryBytes: 1 },
      ...{ outbox: outbox.health(), devices: [] },
    }),
    stuck: (sequence) => {
      if (outbox.tellForgotten(sequence)) outbox.append([layoutEntry()]);
    },
    command: async () => undefined,
    now: Date.now,
    sleep: (ms, signal) => sleep(ms / 100, signal),
    random: () => 0.5,
    log: silentLog,
  });
  const running = uplink.run(stop.signal);
  return {
    tell: (count: number) => {
      outbox.append(Array.from({ length: count }, () => factEntry('camera-1')));
      uplink.wake();
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

test.each<[what: string, prepare: (folder: string) => void, sentence: RegExp]>([
  ['is not there', () => undefined, /^there is no file .*backup\.tar$/],
  [
    'is no archive',
    (folder) => writeFileSync(join(folder, 'backup.tar'), 'a text'.repeat(500)),
    /backup\.tar cannot be read as an archive/,
  ],
  ['is the archive of something else', (folder) => archive(folder, { 'notes.txt': 'x' }), /backup\.tar is no back-up of this program$/],
  [
    'is of another version',
    (folder) => archive(folder, { 'mingzao-backup.json': '{"format":2}', 'state.db': '' }),
    /backup\.tar is of another version of this program: /,
  ],
  [
    'is damaged',
    (folder) => archive(folder, { 'mingzao-backup.json': manifest, 'state.db': 'not a database at all, but long enough'.repeat(100) }),
    /^state\.db in .*backup\.tar is no database$/,
  ],
])('what %s is not restored, in a sentence, and what is there stays', async (_, prepare, sentence) => {
  const folder = temporaryFolder();
  const settings = settingsIn(join(folder, 'data'));
  const server = await run(settings);
  await tell(server, [layout(1)]);
  await server.stop();
  prepare(folder);
  await expect(restore(join(folder, 'backup.tar'), settings, deps)).rejects.toMatchObject({
    code: 'backup-unusable',
    message: expect.stringMatching(sentence),
  });
  expect(eventsIn(join(folder, 'data/state.db'))).toBe(1);
});

test('a back-up never writes over another one, and is not made of nothing', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'backup.tar');
  await expect(backup(file, settingsIn(join(folder, 'data')), deps)).rejects.toMatchObject({
    message: expect.stringMatching(/^there is nothing to back up/),
  });
  writeFileSync(file, 'yesterday’s');
  await expect(backup(file, settingsIn(join(folder, 'data')), deps)).rejects.toMatchObject({
    message: expect.stringMatching(/is there already/),
  });
});

const manifest = JSON.stringify({ format: 1, at: '2026-11-25T08:00:00.000Z' });

function archive(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  execFileSync('tar', ['--create', '--file', join(folder, 'backup.tar'), '--directory', folder, ...Object.keys(files)]);
  for (const name of Object.keys(files)) rmSync(join(folder, name));
}

function auditedIn(file: string): unknown[] {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare('select action from audit order by sequence')
      .all()
      .map(({ action }) => action);
  } finally {
    database.close();
  }
}

function eventsIn(file: string): number {
  return countIn(file, 'events');
}

function countIn(file: string, table: string): number {
  const database = new DatabaseSync(file);
  try {
    return Number(database.prepare(`select count(*) as count from ${table}`).get()?.count);
  } finally {
    database.close();
  }
}
