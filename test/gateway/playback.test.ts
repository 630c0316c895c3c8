import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FootageMeasured } from '#contract/footage.ts';
import { playback as judged } from '../../gateway/checks/playback.ts';
import type { PlayedSample } from '../../gateway/observation.ts';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import type { Device } from '../../gateway/probes/device.ts';
import { createPlaybackProbe, type PlaybackOptions, type PlaybackProbe } from '../../gateway/probes/playback.ts';
import { chooseInstants, isListed } from '../../gateway/probes/playback-instants.ts';
import type { FaultName } from '../simulators/faults.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';

const dayMs = 86_400_000;
const sha256Of = (jpeg: Buffer) => createHash('sha256').update(jpeg).digest('hex');
const password = 'p:w"d';
const cameras = ['hall-1', 'kitchen-1'];
/** Where it matters only that some instants are tried. */
const oneCamera: Partial<RecorderOptions> = { channels: [{ name: 'hall-1', clip: 'h264-720p' }] };
const timeZone = 'Asia/Shanghai';
let media: Media;
beforeAll(async () => {
  media = await prepareMedia();
});

describe('playing back what a recorder lists', () => {
  let recorder: SimulatedRecorder;
  afterEach(() => recorder.close());

  async function record(about: Partial<RecorderOptions> = {}, ...faults: FaultName[]): Promise<Device> {
    const channels = cameras.map((name) => ({ name }));
    recorder = await createRecorder({ media, channels, password, ...about });
    for (const fault of faults) await recorder.faults.set(fault);
    const credentials = { username: recorder.username, password };
    return {
      id: 'nvr',
      kind: 'recorder',
      session: createOnvifSession({ address: recorder.onvifUrl, credentials, now: Date.now }),
      cameras,
    };
  }

  /** What one look comes to, as the server is told it. */
  async function look(device: Device, probe: PlaybackProbe = createPlaybackProbe({ timeZone }), options: Partial<PlaybackOptions> = {}) {
    return judged(await probe(device, { signal: AbortSignal.timeout(60_000), now: Date.now, patienceMs: 30_000, ...options }), 1000);
  }

  test('plays and decodes the oldest listed day of every camera, and three instants more', async () => {
    const device = await record({ channels: [{ name: 'hall-1' }, { name: 'kitchen-1', clip: 'h265-1080p' }] });
    const kept: Buffer[] = [];
    const keepPicture = async (jpeg: Buffer) => {
      kept.push(jpeg);
      return sha256Of(jpeg);
    };
    const fact = await look(device, createPlaybackProbe({ timeZone }), { keepPicture });
    expect(fact).toMatchObject({ outcome: 'ok' });
    const samples = fact.measured?.samples ?? [];
    expect(samples).toHaveLength(5);
    expect(samples.slice(0, 2).map(({ camera }) => camera)).toEqual(cameras);
    for (const { asked } of samples.slice(0, 2)) expect(Date.parse(asked)).toBeLessThan(Date.now() - 89 * dayMs);
    for (const sample of samples) {
      expect(sample.outcome).toBe('ok');
      expect(Math.abs(sample.deviationSeconds ?? 99)).toBeLessThanOrEqual(1);
    }
    expect(samples.map(({ sha256 }) => sha256)).toEqual(kept.map(sha256Of));
    for (const jpeg of kept) expect(jpeg.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(recorder.sessions()).toBe(0);
  });

  test('names no picture where it cannot be kept, and proves as much without', async () => {
    const fact = await look(await record(), createPlaybackProbe({ timeZone }), {
      keepPicture: () => Promise.reject(new Error('the disk is full')),
    });
    expect(fact.outcome).toBe('ok');
    for (const sample of fact.measured?.samples ?? []) expect(sample).not.toHaveProperty('sha256');
  });

  test('tries other instants at every look', async () => {
    const device = await record(oneCamera);
    const asked = async () => (await look(device)).measured?.samples.map((sample) => sample.asked) ?? [];
    const [first, second] = [await asked(), await asked()];
    expect(new Set([...first, ...second]).size).toBe(first.length + second.length);
  });

  test('compares by our clock where the recorder’s is two minutes ahead', async () => {
    const fact = await look(await record({}, 'clock-ahead'));
    expect(fact.outcome).toBe('ok');
    for (const { deviationSeconds = 99 } of fact.measured?.samples ?? []) expect(Math.abs(deviationSeconds)).toBeLessThanOrEqual(3);
  });

  test.each<[FaultName, string]>([
    ['stalled', 'stalled'],
    ['no-stream', 'no-stream'],
    ['replay-garbled', 'does-not-decode'],
  ])('is a fault with a recorder that lists footage and is %s', async (fault, code) => {
    const fact = await look(await record({ channels: [{ name: 'hall-1' }] }, fault), createPlaybackProbe({ timeZone }), {
      patienceMs: fault === 'stalled' ? 1500 : 30_000,
    });
    expect(fact).toMatchObject({ outcome: 'fault', fault: code });
    expect(fact.measured?.samples[0]).toMatchObject({ outcome: 'fault', fault: code });
  });

  test.each<[FaultName, string]>([
    ['no-replay', 'not-supported'],
    ['busy', 'busy'],
    ['footage-truncated', 'incomplete'],
    ['unplugged', 'refused'],
    ['wrong-password', 'credentials-refused'],
  ])('is unknown with a recorder that could not be tried: %s', async (fault, code) => {
    expect(await look(await record({}, fault))).toMatchObject({ outcome: 'unknown', fault: code });
  });

  test('is unknown where nothing is listed', async () => {
    const fact = await look(await record({ channels: [{ name: 'hall-1', days: 0, gaps: [{ daysAgo: 0 }] }] }));
    expect(fact).toMatchObject({ outcome: 'unknown' });
    expect(fact.measured?.samples ?? []).toEqual([]);
  });

  test('tells how far off play-back is that shows another time', async () => {
    const fact = await look(await record({}, 'replay-elsewhere'));
    expect(Math.max(...(fact.measured?.samples ?? []).map(({ deviationSeconds = 0 }) => deviationSeconds))).toBeGreaterThan(80 * 86_400);
  });

  test('asks again for what did not play, until it does', async () => {
    const device = await record(oneCamera);
    const probe = createPlaybackProbe({ timeZone });
    await recorder.faults.set('replay-garbled');
    const failed = (await look(device, probe)).measured?.samples.map(({ asked }) => asked) ?? [];
    await recorder.faults.clear('replay-garbled');
    const again = (await look(device, probe)).measured?.samples.map(({ asked }) => asked) ?? [];
    expect(again.slice(0, failed.length)).toEqual(failed);
    const after = (await look(device, probe)).measured?.samples.map(({ asked }) => asked) ?? [];
    expect(after.filter((asked) => failed.includes(asked))).toEqual([]);
  });

  test('asks again also for what a look in between did not come to', async () => {
    const device = await record(oneCamera);
    const probe = createPlaybackProbe({ timeZone });
    await recorder.faults.set('replay-garbled');
    const failed = (await look(device, probe)).measured?.samples.map(({ asked }) => asked) ?? [];
    await recorder.faults.clear('replay-garbled');
    const call: Device['session']['call'] = (operation, options) =>
      operation.action === 'GetReplayUri'
        ? Promise.reject(new DeviceError('busy', 'no session left'))
        : device.session.call(operation, options);
    expect((await look({ ...device, session: { ...device.session, call } }, probe)).measured?.samples).toHaveLength(1);
    const again = (await look(device, probe)).measured?.samples.map(({ asked }) => asked) ?? [];
    expect(again.slice(0, failed.length).toSorted()).toEqual(failed.toSorted());
  });

  test('does not hold against a recorder what it lists no more after having failed to play it', async () => {
    const device = await record({}, 'no-stream');
    let lists = 0;
    const overwriting: Device = {
      ...device,
      session: {
        ...device.session,
        call: (operation, options) => {
          if (operation.action === 'GetRecordings') lists += 1;
          // The second list is that of a recorder that has overwritten all it had.
          if (lists > 1 && operation.action === 'FindEvents') void recorder.faults.set('footage-truncated');
          return device.session.call(operation, options);
        },
      },
    };
    expect(await look(overwriting)).toMatchObject({ outcome: 'unknown' });
  });
});

describe('the instants to play', () => {
  const from = Date.parse('2026-08-24T03:00:00Z');
  const midnight = Date.parse('2026-08-24T16:00:00Z');
  const iso = (at: number) => new Date(at).toISOString();
  const day = (index: number, recordedSeconds = 86_400) => ({
    day: `2026-09-${String(index).padStart(2, '0')}`,
    recordedSeconds,
    expectedSeconds: 86_400,
  });
  const listing = (about: Partial<FootageMeasured['recordings'][number]> = {}): FootageMeasured => ({
    method: 'profile-g-events',
    complete: true,
    from: iso(from),
    to: iso(midnight + 20 * dayMs),
    recordings: [
      {
        camera: 'hall-1',
        recording: 'r1',
        oldest: iso(midnight + 5 * dayMs),
        newest: iso(midnight + 20 * dayMs),
        days: [
          { day: '2026-08-24', recordedSeconds: 0, expectedSeconds: (midnight - from) / 1000 },
          ...Array.from({ length: 20 }, (_, index) => day(index + 1)),
        ],
        gaps: [],
        gapCount: 0,
        ...about,
      },
    ],
  });

  test('begin with one in the oldest day that is listed', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const at = chooseInstants(listing(), seed)[0]?.at ?? 0;
        expect(at).toBeGreaterThanOrEqual(midnight + 5 * dayMs);
        expect(at).toBeLessThan(midnight + 6 * dayMs);
      }),
    );
  });

  test('never lie in a hole, before the oldest or after the newest footage', () => {
    const hole = fc.tuple(fc.integer({ min: 0, max: 20 * dayMs }), fc.integer({ min: 3000, max: 3 * dayMs }));
    fc.assert(
      fc.property(fc.array(hole, { maxLength: 8 }), fc.string(), (holes, seed) => {
        const gaps = holes.map(([start, length]) => ({ from: iso(midnight + start), to: iso(midnight + start + length) }));
        const listed = listing({ gaps, gapCount: gaps.length });
        for (const instant of chooseInstants(listed, seed)) {
          expect(isListed(listed, instant)).toBe(true);
          expect(gaps.some((gap) => Date.parse(gap.from) <= instant.at && instant.at < Date.parse(gap.to))).toBe(false);
        }
      }),
    );
  });

  test('keep to whole days where not every hole is told', () => {
    const days = [
      { day: '2026-08-24', recordedSeconds: 0, expectedSeconds: (midnight - from) / 1000 },
      ...Array.from({ length: 20 }, (_, index) => day(index + 1, index === 9 ? 86_400 : 80_000)),
    ];
    const chosen = chooseInstants(listing({ days, gapCount: 500 }), 'any');
    expect(chosen).toHaveLength(4);
    for (const { at } of chosen) expect(Math.floor((at - midnight) / dayMs)).toBe(9);
  });

  test('are none where nothing is listed', () => {
    const { oldest: _, newest: __, ...empty } = listing().recordings[0] ?? { recording: 'r1', days: [], gaps: [], gapCount: 0 };
    expect(chooseInstants({ ...listing(), recordings: [empty] }, 'any')).toEqual([]);
  });
});

describe('a look at play-back', () => {
  const sample = (played: PlayedSample['played']): PlayedSample => ({
    camera: undefined,
    recording: 'r1',
    asked: '2026-11-23T04:00:00.000Z',
    played,
  });
  const good = sample({
    ok: true,
    value: { played: '2026-11-23T04:00:00.000Z', deviationSeconds: 0, datedBy: 'recorder', sha256: 'a'.repeat(64) },
  });
  const bad = (fault: 'stalled' | 'busy') => sample({ ok: false, fault, detail: 'why' });
  const fact = (samples: PlayedSample[]) =>
    judged({ kind: 'playback', device: 'nvr', at: '2026-11-23T04:00:00.000Z', playback: { ok: true, value: samples } }, 1000);

  test.each<[string, PlayedSample[], string]>([
    ['is ok where all of it played', [good, good], 'ok'],
    ['is a fault where one instant plainly did not', [good, bad('busy'), bad('stalled')], 'fault stalled'],
    ['is unknown where one could not be tried', [good, bad('busy')], 'unknown busy'],
    ['is unknown where nothing was tried', [], 'unknown no-recordings'],
  ])('%s', (_, samples, expected) => {
    const { outcome, fault } = fact(samples);
    expect(fault === undefined ? outcome : `${outcome} ${fault}`).toBe(expected);
  });
});
