// Play-back as recorders’ makers have it, where there is no ONVIF replay: the clock in the picture says of when it is.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { playback as judged } from '../../gateway/checks/playback.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import type { Device } from '../../gateway/probes/device.ts';
import { createPlaybackProbe, type PlaybackOptions, type PlaybackProbe } from '../../gateway/probes/playback.ts';
import { readFootage } from '../../gateway/recorders/index.ts';
import type { FaultName } from '../simulators/faults.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecordedChannel, type SimulatedRecorder } from '../simulators/recorder.ts';
import { type VendorName, vendorNames } from '../simulators/vendors/index.ts';

const timeZone = 'Asia/Shanghai';
const cameras = ['hall', 'stove'];

let media: Media;
let recorder: SimulatedRecorder;
const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
beforeAll(async () => {
  media = await prepareMedia();
});
afterEach(() => recorder.close());

async function start(vendor: VendorName, channels: readonly Omit<RecordedChannel, 'name'>[] = [{}], ...faults: FaultName[]) {
  const named = channels.map((channel, index) => ({ days: 2, ...channel, name: cameras[index] ?? '' }));
  recorder = await createRecorder({ media, channels: named, vendor, now });
  for (const fault of faults) await recorder.faults.set(fault);
}
function device(): Device {
  const credentials = { username: recorder.username, password: recorder.password };
  const session = createOnvifSession({ address: recorder.onvifUrl, credentials, now });
  return { id: 'nvr', kind: 'recorder', session, cameras: cameras.slice(0, recorder.streamUrls.length) };
}
async function look(probe: PlaybackProbe = createPlaybackProbe({ timeZone }), options: Partial<PlaybackOptions> = {}) {
  return judged(await probe(device(), { signal: AbortSignal.timeout(80_000), now, daysAsked: 3, patienceMs: 30_000, ...options }), 1000);
}

describe.each(vendorNames)('playing back what a %s recorder without Profile G lists', (vendor) => {
  test('shows, by the clock in the picture, the time that was asked for', async () => {
    await start(vendor, [{}, { gaps: [{ daysAgo: 0, from: '02:00', to: '08:00' }] }]);
    const fact = await look();
    expect(fact).toMatchObject({ outcome: 'ok' });
    const samples = fact.measured?.samples ?? [];
    expect(samples).toHaveLength(5);
    expect(samples.slice(0, 2).map(({ camera }) => camera)).toEqual(cameras);
    for (const sample of samples) {
      expect(sample).toMatchObject({ outcome: 'ok', datedBy: 'picture' });
      expect(Math.abs(sample.deviationSeconds ?? 99)).toBeLessThanOrEqual(1);
    }
    expect(recorder.sessions()).toBe(0);
  });

  test('does not hold against it what it has overwritten meanwhile', async () => {
    await start(vendor, [{ days: 1 }]);
    const { session } = device();
    const window = { from: now() - 3 * 86_400_000, to: now() };
    // A list may be an hour old, and of what is gone since.
    const listed = await readFootage(session, { window, signal: AbortSignal.timeout(30_000), cameras: ['hall'] });
    await recorder.close();
    await start(vendor, [{ days: 0, gaps: [{ daysAgo: 0, from: '00:00', to: '11:59' }] }], 'no-replay');
    const fact = await look(undefined, { read: async () => listed });
    expect(fact).toMatchObject({ outcome: 'unknown', fault: 'no-recordings', measured: { samples: [] } });
  });
});

describe('playing back in a maker’s way', () => {
  test('holds a picture against it that shows another time', async () => {
    await start('hikvision', [{}], 'replay-elsewhere');
    const off = ((await look()).measured?.samples ?? []).map(({ deviationSeconds = 0 }) => Math.abs(deviationSeconds));
    expect(Math.max(...off)).toBeGreaterThan(600);
  });

  test('proves nothing where no clock is in the picture', async () => {
    await start('hikvision', [{}], 'no-overlay-clock');
    expect(await look()).toMatchObject({ outcome: 'unknown', fault: 'undated' });
  });

  test('is a fault where nothing is at the address once something has played, and unknown before', async () => {
    await start('hikvision', [{}], 'no-replay');
    const probe = createPlaybackProbe({ timeZone });
    expect(await look(probe)).toMatchObject({ outcome: 'unknown', fault: 'http-error' });
    await recorder.faults.clear('no-replay');
    expect(await look(probe)).toMatchObject({ outcome: 'ok' });
    await recorder.faults.set('no-replay');
    expect(await look(probe)).toMatchObject({ outcome: 'fault', fault: 'no-stream' });
  });

  test('is understood in our time where its clock is an hour ahead, and the cameras’ clocks are right', async () => {
    await start('hikvision');
    await recorder.faults.set('clock-ahead', 3600);
    const fact = await look();
    expect(fact.outcome).toBe('ok');
    for (const { deviationSeconds = 99 } of fact.measured?.samples ?? []) expect(Math.abs(deviationSeconds)).toBeLessThanOrEqual(3);
  });
});
