// Which numbers are kept of what a gateway tells.
import { expect, test } from 'vitest';
import type { CoverageMeasured } from '#contract/coverage.ts';
import type { Fact } from '#contract/facts.ts';
import type { Input } from '../../server/compliance/state.ts';
import { pointsOf } from '../../server/telemetry-points.ts';
import { event, heartbeat, instant, layout, started } from './ingest-messages.ts';

const receivedAt = started + 5000;
const about = { schemaVersion: 1 as const, device: 'cam-1', outcome: 'ok' as const, validUntil: instant(started + 60_000) };

function numbers(input: Input): Record<string, number> {
  const points = pointsOf({ canteen: 'qiaodong', input, receivedAt });
  expect(points.every(({ canteen }) => canteen === 'qiaodong')).toBe(true);
  return Object.fromEntries(points.map(({ device, metric, value }) => [`${device} ${metric}`, value]));
}

function fact(data: Omit<Fact, 'observedAt'> & { observedAt?: string }): Input {
  return { kind: 'event', event: event('cn.mingzao.fact.v1', 1, { observedAt: instant(started), ...data } as Fact) };
}

const day = (recordedSeconds: number) => ({ day: '2026-11-22', recordedSeconds, expectedSeconds: 86_400 });
const recording = (camera: string, ...days: number[]) => ({ camera, recording: 'r', days: days.map(day), gaps: [], gapCount: 0 });
const footage = { method: 'm', complete: true, from: instant(started), to: instant(started) };
const played = (camera: string, deviationSeconds: number) => ({
  camera,
  recording: 'r',
  asked: instant(started),
  outcome: 'ok' as const,
  deviationSeconds,
});
const level = (pixelsPerMetre: number, ratio: number) => ({
  pixelsPerMetre,
  ratio,
  covered: 1,
  overlap: 0,
  blindArea: 0,
  blindCount: 0,
  blind: [],
});
const coverage: CoverageMeasured = {
  planSha256: 'a'.repeat(64),
  planes: [1],
  sliver: 0,
  area: 1,
  free: 1,
  cameras: [],
  levels: [level(0, 0.9), level(125, 0.5)],
};

test.each<[what: string, input: Input, kept: Record<string, number>]>([
  [
    'how long a device took to answer',
    fact({ ...about, check: 'reachable', measured: { address: 'a:80', roundTripMs: 3 } }),
    { 'cam-1 round-trip-ms': 3 },
  ],
  [
    'how far its clock is off',
    fact({ ...about, check: 'clock', measured: { offsetSeconds: -2.5, uncertaintySeconds: 1 } }),
    { 'cam-1 clock-offset-seconds': -2.5 },
  ],
  [
    'what its stream carries, as far as it was measured',
    fact({
      ...about,
      check: 'stream',
      measured: { codec: 'h264', width: 1, height: 1, framesPerSecond: 25, bitsPerSecond: 8e5, sampledSeconds: 5, via: 'media2' },
    }),
    { 'cam-1 frames-per-second': 25, 'cam-1 bits-per-second': 8e5 },
  ],
  [
    'how its picture looks, also where that is at fault',
    fact({ ...about, outcome: 'fault', check: 'picture', measured: { blackPercent: 99, meanLuma: 3, width: 1, height: 1 } }),
    { 'cam-1 black-percent': 99, 'cam-1 mean-luma': 3 },
  ],
  [
    'how many days are recorded of each camera, by the better of two recordings',
    fact({
      ...about,
      check: 'footage',
      measured: { ...footage, recordings: [recording('cam-1', 5, 0, 9), recording('cam-1', 5), recording('cam-2', 0)] },
    }),
    { 'cam-1 days-recorded': 2, 'cam-2 days-recorded': 0 },
  ],
  [
    'nothing of half an answer',
    fact({ ...about, check: 'footage', measured: { ...footage, complete: false, recordings: [recording('cam-1', 5)] } }),
    {},
  ],
  [
    'how far off play-back was at worst',
    fact({ ...about, check: 'playback', measured: { samples: [played('cam-1', 1), played('cam-1', -4), played('cam-2', 0)] } }),
    { 'cam-1 playback-deviation-seconds': -4, 'cam-2 playback-deviation-seconds': 0 },
  ],
  [
    'how full a recorder is, where it says so',
    fact({ ...about, check: 'storage', measured: { method: 'm', disks: [], capacityBytes: 1000, freeBytes: 250 } }),
    { 'cam-1 disk-free-percent': 25 },
  ],
  [
    'nothing of a disk of no size',
    fact({ ...about, check: 'storage', measured: { method: 'm', disks: [], capacityBytes: 0, freeBytes: 0 } }),
    {},
  ],
  [
    'how much of a zone is seen at all',
    fact({ ...about, device: 'kitchen', check: 'coverage', measured: coverage }),
    { 'kitchen coverage-ratio': 0.9 },
  ],
  [
    'how the gateway is',
    { kind: 'heartbeat', heartbeat: heartbeat().data },
    { 'gateway memory-bytes': 1, 'gateway outbox-waiting': 0, 'gateway outbox-dropped': 0 },
  ],
  ['nothing of a fact without a measure', fact({ ...about, outcome: 'fault', fault: 'no-answer', check: 'clock' }), {}],
  ['nothing of a layout', { kind: 'event', event: layout(1) }, {}],
])('of what a gateway tells is kept: %s', (_, input, kept) => {
  expect(numbers(input)).toEqual(kept);
});

test('a number stands where it was measured, but never after it arrived', () => {
  const at = (observedAt: string) =>
    pointsOf({
      canteen: 'qiaodong',
      input: fact({ ...about, check: 'reachable', observedAt, measured: { address: 'a:80', roundTripMs: 3 } }),
      receivedAt,
    }).map((point) => point.at);
  expect(at(instant(started))).toEqual([started]);
  expect(at('2031-01-01T00:00:00Z')).toEqual([receivedAt]);
});
