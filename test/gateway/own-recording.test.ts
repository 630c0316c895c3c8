// The gateway as its own recorder: real streams, real files, and what is left after it was killed.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { Fact } from '#contract/facts.ts';
import type { RecordingMeasured } from '#contract/footage.ts';
import { judge } from '../../gateway/checks/index.ts';
import { sleep } from '../../gateway/clock.ts';
import { createLedgerOf } from '../../gateway/ledger.ts';
import type { Observation } from '../../gateway/observation.ts';
import { pictureAt } from '../../gateway/own-recording/picture-at.ts';
import { segmentIn } from '../../gateway/own-recording/segment.ts';
import { createOwnRecording, type OwnRecordingDeps } from '../../gateway/own-recording.ts';
import { silentLog } from '../silent-log.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';
import { processesNaming } from './processes.ts';

const password = 'kitchen@cameras';
const patient = { timeout: 20_000, interval: 100 };
vi.setConfig({ testTimeout: 90_000 }); // what is recorded takes its time
let camera: SimulatedCamera;
let base: string;
const endings: (() => Promise<void>)[] = [];

beforeAll(async () => {
  camera = await createCamera({ media: await prepareMedia(), password });
});
afterAll(() => camera.close());
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  for (const fault of ['unplugged', 'late-keyframe'] as const) await camera.faults.clear(fault);
  rmSync(base, { recursive: true });
});
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'own-recording-'));
});

/** Records the simulated camera as `cooking-1` in files of two seconds. */
function record(more: Partial<OwnRecordingDeps> = {}) {
  const [folder, dataDir] = [join(base, 'footage'), join(base, 'data')];
  const sizes = { minDays: 90, keepFreeGigabytes: 0.001, segmentSeconds: 2 };
  const settings = { id: 'own', name: 'Own', folder, cameras: ['cooking-1'], ...sizes };
  const { ledger, journal } = createLedgerOf({ dataDir, recorders: [], recording: settings }, { now: Date.now, log: silentLog });
  const recording = createOwnRecording({
    settings,
    dataDir,
    ledger,
    journal,
    daysAsked: 92,
    intervals: { contact: 2, footage: 60, playback: 60 },
    streamOf: async () => ({ address: new URL(camera.streamUrls[0] ?? ''), credentials: { username: camera.username, password } }),
    keepPicture: async (jpeg) => createHash('sha256').update(jpeg).digest('hex'),
    now: Date.now,
    sleep,
    log: silentLog,
    ...more,
  });
  const stop = new AbortController();
  const running = recording.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  endings.push(end);
  const look = async (kind: Observation['kind']): Promise<Fact[]> => {
    const { contact, others } = recording.watched;
    const plan = [contact, ...others].find((each) => each.kind === kind);
    assert(plan !== undefined);
    return judge(await plan.probe({ signal: AbortSignal.timeout(60_000), now: Date.now }), 60_000);
  };
  /** What the ledger is told of the camera. */
  const listed = async (): Promise<RecordingMeasured> => {
    const [fact] = await look('footage');
    assert(fact?.check === 'footage' && fact.measured?.recordings[0] !== undefined, JSON.stringify(fact));
    return fact.measured.recordings[0];
  };
  return { folder, look, listed, end, journal };
}

function keptFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => segmentIn(file) !== undefined).toSorted();
}

const filesToCome = (folder: string, count: number) =>
  vi.waitFor(() => expect(keptFiles(folder).length).toBeGreaterThanOrEqual(count), patient);

async function expectToDecode(folder: string): Promise<void> {
  for (const file of keptFiles(folder))
    expect(await pictureAt(join(folder, file), 0, { signal: AbortSignal.timeout(20_000) })).toMatchObject({ seconds: 0 });
}

const at = (instant: string | undefined) => Date.parse(instant ?? '');

test('footage is told by the clock on the wall, without holes between files, and plays', async () => {
  const since = Date.now();
  const own = record();
  await filesToCome(own.folder, 4);
  expect(await own.look('contact')).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok', measured: { offsetSeconds: 0 } }]);
  expect(await own.look('footage')).toMatchObject([{ outcome: 'ok', measured: { method: 'own-recording', complete: true } }]);

  const { oldest, newest, ...recording } = await own.listed();
  expect(recording).toMatchObject({ camera: 'cooking-1', gapCount: 0 });
  expect(at(oldest)).toBeGreaterThanOrEqual(since);
  expect(at(newest)).toBeLessThanOrEqual(Date.now());
  expect(at(newest) - at(oldest)).toBeGreaterThan(4000);

  const [playback] = await own.look('playback');
  assert(playback?.check === 'playback');
  expect(playback.outcome).toBe('ok');
  expect((await own.listed()).days.filter(({ played }) => played === true).length).toBeGreaterThan(0);
  for (const { sha256, deviationSeconds } of playback.measured?.samples ?? []) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Math.abs(deviationSeconds ?? Number.NaN)).toBeLessThan(1);
  }
  await own.end();
  expect(readdirSync(join(own.folder, 'unfinished'))).toEqual([]); // what was being written is kept too
  await expectToDecode(own.folder);
});

test('a stream that begins in the middle of a picture group is footage from its first keyframe on', async () => {
  await camera.faults.set('late-keyframe');
  const since = Date.now();
  const own = record();
  await filesToCome(own.folder, 2);
  expect(at((await own.listed()).oldest)).toBeGreaterThan(since + 3000); // the keyframe comes 4 s after the stream has begun
  await expectToDecode(own.folder);
});

test('a camera that was away is a hole that says so, and is recorded again when it is back', async () => {
  const own = record();
  await filesToCome(own.folder, 2);
  const wentAt = Date.now();
  await camera.faults.set('unplugged');
  const seenAt = new Date(wentAt).toISOString();
  own.journal.note([
    {
      schemaVersion: 1,
      check: 'reachable',
      device: 'cooking-1',
      outcome: 'fault',
      fault: 'refused',
      observedAt: seenAt,
      validUntil: seenAt,
    },
  ]);
  await vi.waitFor(async () => expect(Date.now() - at((await own.listed()).newest)).toBeGreaterThan(5000), patient);
  await camera.faults.clear('unplugged');
  const backAt = Date.now();
  await vi.waitFor(async () => expect((await own.listed()).gapCount).toBe(1), patient);
  const [hole] = (await own.listed()).gaps;
  expect(Math.abs(at(hole?.from) - wentAt)).toBeLessThan(1500);
  expect(at(hole?.to)).toBeGreaterThan(backAt);
  expect(hole?.cause).toBe('camera-offline');
});

test('while the gateway was off, and while the disk was full, nothing was recorded: both holes say why', async () => {
  const first = record();
  await filesToCome(first.folder, 2);
  const { newest } = await first.listed();
  await first.end();
  await vi.waitFor(() => expect(Date.now() - at(newest)).toBeGreaterThan(6000), patient);
  let freeBytes = 2_000_000;
  const own = record({ space: async () => ({ capacityBytes: 3_000_000, freeBytes }) });
  const causes = async () => (await own.listed()).gaps.map(({ cause }) => cause);
  await vi.waitFor(async () => expect(await causes()).toEqual(['recorder-restart']), patient);
  freeBytes = 100_000;
  await vi.waitFor(() => expect(own.journal.of('own')).toMatchObject([{ cause: 'recorder-restart' }, { cause: 'disk' }]), patient);
  await vi.waitFor(async () => expect(Date.now() - at((await own.listed()).newest)).toBeGreaterThan(4000), patient);
  freeBytes = 2_000_000;
  await vi.waitFor(async () => expect(await causes()).toHaveLength(2), patient);
  // They are so near to each other that the second may be put down to either.
  expect(['recorder-restart', 'disk']).toEqual(expect.arrayContaining(await causes()));
  expect(own.journal.of('own').at(-1)).toMatchObject({ cause: 'disk', to: expect.any(Number) });
});

test('a disk that is not there is no place to record to, and what is on it is listed again when it is back', async () => {
  const own = record();
  await filesToCome(own.folder, 2);
  renameSync(own.folder, `${own.folder}-elsewhere`);
  mkdirSync(own.folder); // like the mount point of a disk that is gone
  expect(await own.look('contact')).toMatchObject([
    { outcome: 'fault', fault: 'no-answer', detail: expect.stringContaining('mounted') },
    {},
  ]);
  for (const kind of ['footage', 'storage'] as const)
    expect(await own.look(kind)).toMatchObject([{ outcome: 'unknown', fault: 'no-answer' }]);
  await own.end();
  expect(keptFiles(own.folder)).toEqual([]);

  rmSync(own.folder, { recursive: true });
  renameSync(`${own.folder}-elsewhere`, own.folder);
  const before = keptFiles(own.folder);
  const again = record();
  await filesToCome(again.folder, before.length + 1);
  expect(keptFiles(again.folder)).toEqual(expect.arrayContaining(before));
  expect(await again.look('contact')).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok' }]);
});

test('a folder that another gateway records to is not touched, and said to be taken, until that one has ended', async () => {
  const own = record();
  await filesToCome(own.folder, 1);
  const taken = join(own.folder, '.mingzao-in-use');
  const ours = readFileSync(taken, 'utf8');
  await own.end();
  expect(existsSync(taken)).toBe(false);

  const living = spawn('sleep', ['60']);
  writeFileSync(taken, JSON.stringify({ ...JSON.parse(ours), gateway: 'another', pid: living.pid }));
  const before = keptFiles(own.folder);
  const second = record();
  await vi.waitFor(async () =>
    expect(await second.look('contact')).toMatchObject([
      { outcome: 'fault', fault: 'busy', detail: expect.stringContaining('each needs a folder of its own') },
      {},
    ]),
  );
  expect(keptFiles(second.folder)).toEqual(before);
  living.kill();
  await once(living, 'exit');
  await filesToCome(second.folder, before.length + 1);
  expect(JSON.parse(readFileSync(taken, 'utf8'))).toMatchObject({ pid: process.pid });
});

test('index and folder are brought together: what is gone is not listed, what is there is, what cannot be read is set aside', async () => {
  const first = record();
  await filesToCome(first.folder, 6);
  await first.end();
  const files = keptFiles(first.folder);
  for (const file of files.slice(1, 3)) rmSync(join(first.folder, file)); // what they held becomes a hole
  writeFileSync(join(first.folder, 'unfinished', 'cooking-1.torn.000000.mkv'), 'no video');
  rmSync(join(first.folder, files.at(-1) ?? '')); // it may be too short to tell
  renameSync(join(first.folder, files.at(-2) ?? ''), join(first.folder, 'unfinished', 'cooking-1.whole.000000.mkv'));

  for (const lost of [[], ['own-recording.db', 'own-recording.db-wal', 'own-recording.db-shm']]) {
    for (const name of lost) rmSync(join(base, 'data', name), { force: true });
    const own = record({ streamOf: () => Promise.reject(new Error('no camera this time')) });
    await vi.waitFor(async () => expect((await own.listed()).gapCount).toBe(1), patient);
    const { oldest, newest, gaps } = await own.listed();
    expect(at(oldest)).toBe(segmentIn(files[0] ?? '')?.from);
    expect(at(gaps[0]?.from)).toBe(segmentIn(files[0] ?? '')?.to);
    expect(at(gaps[0]?.to)).toBe(segmentIn(files[3] ?? '')?.from);
    expect(Math.abs(at(newest) - (segmentIn(files.at(-2) ?? '')?.to ?? 0))).toBeLessThan(1000);
    await own.end();
  }
  expect(readdirSync(join(first.folder, 'unreadable'))).toEqual(['cooking-1.torn.000000.mkv']);
});

test('a file in which the clock leapt is set aside, not listed as a minute of footage', async () => {
  const first = record();
  await filesToCome(first.folder, 1);
  await first.end();
  const before = keptFiles(first.folder).length;
  const leapt = join(first.folder, 'unfinished', 'cooking-1.leapt.000000.mkv');
  const later = "setpts='PTS+if(gte(N,2),60/TB,0)'";
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `testsrc=r=2:d=2,${later}`,
    '-fps_mode',
    'passthrough',
    '-c:v',
    'mjpeg',
    leapt,
  ]);
  const own = record({ streamOf: () => Promise.reject(new Error('no camera this time')) });
  await vi.waitFor(() => expect(existsSync(join(own.folder, 'unreadable', 'cooking-1.leapt.000000.mkv'))).toBe(true), patient);
  expect(keptFiles(own.folder)).toHaveLength(before);
});

test('a disk too small is told before anything goes before its time, and then the oldest goes first', async () => {
  const capacityBytes = 3_000_000;
  const weigh = () => keptFiles(join(base, 'footage')).reduce((sum, file) => sum + sizeOf(join(base, 'footage', file)), 0);
  const own = record({ space: async () => ({ capacityBytes, freeBytes: capacityBytes - weigh() }) });
  await filesToCome(own.folder, 1);
  const [forecast] = await own.look('storage');
  expect(forecast).toMatchObject({
    check: 'storage',
    outcome: 'fault',
    fault: 'disk-too-small',
    measured: { capacityBytes, overwrites: true },
  });
  expect(forecast?.detail).toMatch(/has room for 0\.0 days, 90 and today are to be kept/);
  expect(capacityBytes - weigh()).toBeGreaterThan(1_000_000); // long before it is full
  const [first] = keptFiles(own.folder);

  await vi.waitFor(async () => expect((await own.look('storage'))[0]?.detail).toContain('full before 90 days are kept'), patient);
  await vi.waitFor(() => expect(keptFiles(own.folder)).not.toContain(first), patient);
  const left = keptFiles(own.folder);
  await vi.waitFor(() => expect(keptFiles(own.folder)).not.toContain(left[0]), patient);
  expect(keptFiles(own.folder)).toContain(left.at(-1));
  await vi.waitFor(async () => expect((await own.listed()).gapCount).toBe(0), patient); // no holes: from the old end only
});

test('a full disk of which nobody was told yet is not emptied; recording stands still instead', async () => {
  const written = record();
  await filesToCome(written.folder, 2);
  await written.end();
  const before = keptFiles(written.folder);
  let freeBytes = 100_000;
  const own = record({ space: async () => ({ capacityBytes: 3_000_000, freeBytes }) });
  await vi.waitFor(async () => expect((await own.look('footage'))[0]).toMatchObject({ outcome: 'ok' }), patient);
  expect(keptFiles(own.folder)).toEqual(before);
  expect(readdirSync(join(own.folder, 'unfinished'))).toEqual([]);
  freeBytes = 2_000_000;
  await filesToCome(own.folder, before.length + 1); // room again
});

/** The processes that write new files: ffprobe looks into what another gateway left, and play-back is proven from files that are finished. */
const recording = (folder: string) => processesNaming(join(folder, 'unfinished')).filter((line) => !line.includes('ffprobe'));

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

test('a gateway that is killed loses its last file at most, and leaves neither processes nor passwords behind', async () => {
  const folder = join(base, 'footage');
  const config = configure(folder);
  const first = spawnGateway(config);
  await filesToCome(folder, 3);
  expect(recording(folder)).toHaveLength(1);
  expect(processesNaming(password)).toEqual([]);
  const listedBefore = keptFiles(folder);
  const killedAt = Date.now();
  first.process.kill('SIGKILL');
  await first.exited;

  const second = spawnGateway(config);
  await vi.waitFor(() => expect(keptFiles(folder).some((file) => (segmentIn(file)?.from ?? 0) > killedAt)).toBe(true), patient);
  // What the ffmpeg of the first one went on to write may have been rescued before the second one records.
  await vi.waitFor(() => expect(recording(folder)).toHaveLength(1), patient);
  second.process.kill('SIGTERM');
  expect(await second.exited).toEqual({ code: 0, signal: null });

  expect(keptFiles(folder)).toEqual(expect.arrayContaining(listedBefore));
  const before = keptFiles(folder)
    .flatMap((file) => segmentIn(file) ?? [])
    .filter(({ from }) => from < killedAt);
  expect(killedAt - Math.max(...before.map(({ to }) => to))).toBeLessThan(3500); // one file of two seconds, up to its next keyframe
  expect(readdirSync(join(folder, 'unfinished'))).toEqual([]);
  expect(processesNaming(folder)).toEqual([]);
  await expectToDecode(folder);
});

function configure(folder: string): string {
  for (const [name, secret] of Object.entries({ 'server.key': 'k', 'cameras.password': password })) writeFileSync(join(base, name), secret);
  const account = { username: camera.username, passwordFile: 'cameras.password' };
  const config = {
    canteen: 'canteen-1',
    server: { url: 'mqtt://127.0.0.1:1', keyFile: 'server.key' },
    zones: [],
    cameras: [{ id: 'cooking-1', name: 'Stove', zones: [], address: new URL(camera.onvifUrl).origin, ...account }],
    recording: { name: 'Own recording', folder, cameras: ['cooking-1'], segmentSeconds: 2, keepFreeGigabytes: 0.1 },
  };
  const file = join(base, 'gateway.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

function spawnGateway(config: string) {
  const main = join(import.meta.dirname, '../../gateway/main.ts');
  const child = spawn(process.execPath, [main, 'run', '--config', config], { stdio: 'ignore' });
  return { process: child, exited: once(child, 'exit').then(([code, signal]) => ({ code, signal })) };
}
