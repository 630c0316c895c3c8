// Recorders asked in their makers’ own ways, as the simulators play them.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { probeFootage } from '../../gateway/probes/footage.ts';
import type { FaultName } from '../simulators/faults.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';
import type { VendorName } from '../simulators/vendors/index.ts';

describe.each([
  ['hikvision', 'hikvision-isapi'],
  ['dahua', 'dahua-cgi'],
  ['uniview', 'uniview-lapi'],
] as const)('a %s recorder without Profile G', (vendor, method) => {
  let media: Media;
  let recorder: SimulatedRecorder;
  const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
  const stove = { name: 'cam-stove', days: 12, gaps: [{ daysAgo: 3, from: '08:00', to: '09:30' }, { daysAgo: 5 }] };
  const hall = { name: 'cam-hall', days: 4 };
  beforeAll(async () => {
    media = await prepareMedia();
  });
  afterEach(() => recorder.close());

  async function start(options: Partial<RecorderOptions> & { fault?: FaultName; vendor?: VendorName } = {}) {
    recorder = await createRecorder({ media, channels: [stove, hall], vendor, now, ...options });
    if (options.fault !== undefined) await recorder.faults.set(options.fault);
  }

  async function look(options: { daysAsked?: number; cameras?: string[]; recordings?: Record<string, string>; password?: string } = {}) {
    const { daysAsked = 6, cameras = ['cam-stove', 'cam-hall'], recordings = {}, password = recorder.password } = options;
    const session = createOnvifSession({ address: recorder.onvifUrl, credentials: { username: recorder.username, password }, now });
    const device = { id: 'nvr', kind: 'recorder' as const, session, cameras, recordings };
    return (await probeFootage(device, { signal: AbortSignal.timeout(25_000), now, daysAsked })).footage;
  }

  test('tells day by day what it holds, every hole of it, and of which camera', async () => {
    await start();
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true } });
    const [ofStove, ofHall] = seen.ok ? seen.value.recordings : [];
    expect(ofStove).toMatchObject({
      camera: 'cam-stove',
      recording: '1',
      oldest: '2026-11-17T04:00:00.000Z',
      newest: '2026-11-23T04:00:00.000Z',
      gapCount: 2,
      gaps: [
        { from: '2026-11-17T16:00:00.000Z', to: '2026-11-18T16:00:00.000Z' },
        { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T01:30:00.000Z' },
      ],
    });
    expect(ofStove?.days.map(({ day, recordedSeconds }) => [day, recordedSeconds])).toEqual([
      ['2026-11-17', 43_200],
      ['2026-11-18', 0],
      ['2026-11-19', 86_400],
      ['2026-11-20', 81_000],
      ['2026-11-21', 86_400],
      ['2026-11-22', 86_400],
      ['2026-11-23', 43_200],
    ]);
    expect(ofHall).toMatchObject({ camera: 'cam-hall', recording: '2', gapCount: 0, oldest: '2026-11-18T16:00:00.000Z' });
  });

  test('that lacks a whole day at its newest end says so', async () => {
    await start({ channels: [{ name: 'cam-stove', gaps: [{ daysAgo: 1 }, { daysAgo: 0 }] }] });
    const seen = await look({ cameras: ['cam-stove'], daysAsked: 3 });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ newest: '2026-11-21T16:00:00.000Z' }] } });
  });

  test.each([3600, -3600])('whose clock is %i seconds ahead is understood in our time', async (seconds) => {
    await start();
    await recorder.faults.set('clock-ahead', seconds);
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { complete: true } });
    const [ofStove] = seen.ok ? seen.value.recordings : [];
    const told = [ofStove?.oldest, ofStove?.gaps[1]?.from, ofStove?.newest].map((at) => Date.parse(at ?? ''));
    const real = ['2026-11-17T04:00:00Z', '2026-11-20T00:00:00Z', '2026-11-23T04:00:00Z'].map((at) => Date.parse(at));
    // The clock is known to half a second, and labels have whole seconds.
    for (const [index, at] of real.entries()) expect(Math.abs((told[index] ?? 0) - at)).toBeLessThanOrEqual(2000);
  });

  test('that keeps nothing of one camera says so, unless it only refuses to answer', async () => {
    await start({ channels: [{ name: 'cam-stove', days: 0, gaps: [{ daysAgo: 0 }] }, hall] });
    const complete = vendor !== 'dahua';
    expect(await look({ daysAsked: 2 })).toMatchObject({ ok: true, value: { complete, recordings: [{ gapCount: 0 }, { gapCount: 0 }] } });
  });

  test('is asked only about the cameras it keeps, by the channels the installer named', async () => {
    await start({ channels: [{ name: 'D1' }, { name: 'D2', days: 1 }] });
    const seen = await look({ daysAsked: 2, cameras: ['kitchen-1'], recordings: { 'kitchen-1': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ camera: 'kitchen-1', recording: '2' }] } });
  });

  test('that lists recordings by ONVIF is asked the maker’s way for a channel the installer named', async () => {
    await start({ profileG: true });
    const seen = await look({ daysAsked: 2, cameras: ['kitchen-1'], recordings: { 'kitchen-1': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ camera: 'kitchen-1', recording: '2' }] } });
  });

  test('finds by its name the camera whose ONVIF recording the installer named', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    const seen = await look({ daysAsked: 2, recordings: { 'cam-hall': 'Recording_2' } });
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ recording: '1' }, { camera: 'cam-hall' }] } });
  });

  test('has proven nothing of a camera of which only an ONVIF recording is named', async () => {
    await start();
    const seen = await look({ daysAsked: 1, cameras: [], recordings: { 'kitchen-1': 'Recording_1', 'kitchen-2': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { complete: false, recordings: [{ camera: 'kitchen-2' }] } });
  });

  test.each([
    ['a channel it does not have', { cameras: ['kitchen-1'], recordings: { 'kitchen-1': 'Recording_1' } }],
    ['a camera it does not name', { cameras: ['kitchen-1'] }],
  ])('asked about %s is not said to keep nothing', async (_, asked) => {
    await start();
    expect(await look({ daysAsked: 1, ...asked })).toMatchObject({ ok: false, fault: 'not-supported' });
  });

  test('that names only some of its cameras has proven nothing of the others', async () => {
    await start();
    expect(await look({ daysAsked: 1, cameras: ['cam-hall', 'kitchen-1'] })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that shows not a single file has not shown that it keeps none', async () => {
    await start({ channels: [{ name: 'cam-hall', days: 0, gaps: [{ daysAgo: 0 }] }] });
    expect(await look({ daysAsked: 2, cameras: ['cam-hall'] })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that never finishes its answer has proven nothing', async () => {
    await start({ fault: 'footage-truncated' });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('under another name on its lid is found out by harmless questions', async () => {
    await start({ identity: { manufacturer: 'Everybody’s NVR' } });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { method, complete: true } });
  });

  test('that knows only the ends by ONVIF is asked the maker’s way for the middle', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ gapCount: 2 }, { gapCount: 0 }] } });
  });

  test('is left alone where ONVIF tells all', async () => {
    await start({ profileG: true });
    expect(await look({ daysAsked: 2 })).toMatchObject({ ok: true, value: { method: 'profile-g-events', complete: true } });
  });

  test('is told of by its ends where the maker’s way says no more', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    await recorder.faults.set('footage-truncated');
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { method: 'profile-g-ends', complete: false } });
  });

  test('that refuses the password is asked with it once, and not locked by us', async () => {
    await start({ lockAfter: 3 });
    expect(await look({ password: 'wrong' })).toMatchObject({ ok: false, fault: 'credentials-refused' });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { complete: true } });
  });

  test.each(['unplugged', 'truncated', 'http-500', 'locked'] as const)('that is %s is not said to keep nothing', async (fault) => {
    await start({ fault });
    expect((await look({ daysAsked: 1 })).ok).toBe(false);
  });

  test('that is busy is said to be busy', async () => {
    await start({ fault: 'busy' });
    expect(await look({ daysAsked: 1 })).toMatchObject(vendor === 'uniview' ? { ok: true } : { ok: false, fault: 'busy' });
  });

  test('is asked for three months in a bounded number of questions', async () => {
    await start({ channels: [{ name: 'cam-stove', days: 92 }] });
    const seen = await look({ daysAsked: 92, cameras: ['cam-stove'] });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ gapCount: 0, days: { length: 93 } }] } });
  });
});
