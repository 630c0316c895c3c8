// Which numbers of what a gateway tells are kept over time. Pure.
import type { CoverageMeasured } from '#contract/coverage.ts';
import type { Fact } from '#contract/facts.ts';
import type { FootageMeasured, PlaybackMeasured, StorageMeasured } from '#contract/footage.ts';
import type { Heartbeat } from '#contract/gateway-health.ts';
import type { Metric } from '#contract/series.ts';
import type { Input } from './compliance/state.ts';
import type { Point } from './stores/telemetry-store.ts';

interface Told {
  canteen: string;
  input: Input;
  /** Milliseconds since 1970, by the server's clock. */
  receivedAt: number;
}

/** What a metric came to, of the device the fact is about where no other is named. */
interface Reading {
  device?: string;
  metric: Metric;
  value: number | undefined;
}

/** Nothing is measured after it arrived: a gateway's clock that is ahead makes no points in the future. */
export function pointsOf({ canteen, input, receivedAt }: Told): Point[] {
  const { device, observedAt, readings } = seen(input);
  const at = Math.min(Date.parse(observedAt), receivedAt);
  return readings.flatMap(({ value, metric, ...about }) =>
    value === undefined || !Number.isFinite(value) ? [] : [{ canteen, device: about.device ?? device, metric, at, value }],
  );
}

function seen(input: Input): { device: string; observedAt: string; readings: Reading[] } {
  if (input.kind === 'heartbeat') return { device: 'gateway', observedAt: input.heartbeat.at, readings: gatewayReadings(input.heartbeat) };
  if (input.kind === 'event' && input.event.type === 'cn.mingzao.fact.v1')
    return { ...input.event.data, readings: factReadings(input.event.data) };
  return { device: '', observedAt: '', readings: [] };
}

function gatewayReadings({ memoryBytes, outbox }: Heartbeat): Reading[] {
  return [
    { metric: 'memory-bytes', value: memoryBytes },
    { metric: 'outbox-waiting', value: outbox.waiting },
    { metric: 'outbox-dropped', value: outbox.dropped },
  ];
}

function factReadings(fact: Fact): Reading[] {
  switch (fact.check) {
    case 'reachable':
      return [{ metric: 'round-trip-ms', value: fact.measured?.roundTripMs }];
    case 'clock':
      return [{ metric: 'clock-offset-seconds', value: fact.measured?.offsetSeconds }];
    case 'stream':
      return [
        { metric: 'frames-per-second', value: fact.measured?.framesPerSecond },
        { metric: 'bits-per-second', value: fact.measured?.bitsPerSecond },
        { metric: 'keyframe-seconds', value: fact.measured?.keyframeSeconds },
      ];
    case 'picture':
      return [
        { metric: 'black-percent', value: fact.measured?.blackPercent },
        { metric: 'mean-luma', value: fact.measured?.meanLuma },
      ];
    case 'footage':
      return fact.measured === undefined ? [] : footageReadings(fact.measured);
    case 'playback':
      return fact.measured === undefined ? [] : playbackReadings(fact.measured);
    case 'storage':
      return [{ metric: 'disk-free-percent', value: freePercent(fact.measured) }];
    case 'coverage':
      return [{ metric: 'coverage-ratio', value: seenAtAll(fact.measured) }];
    default: // what is no number makes no point
      return [];
  }
}

/** Half an answer counts no days. Of a camera that is kept twice the better recording counts. */
function footageReadings({ complete, recordings }: FootageMeasured): Reading[] {
  if (!complete) return [];
  const days = new Map<string, number>();
  for (const { camera, days: told } of recordings) {
    const recorded = told.filter(({ recordedSeconds }) => recordedSeconds > 0).length;
    if (camera !== undefined) days.set(camera, Math.max(recorded, days.get(camera) ?? 0));
  }
  return [...days].map(([device, value]) => ({ device, metric: 'days-recorded', value }));
}

function playbackReadings({ samples }: PlaybackMeasured): Reading[] {
  const largest = new Map<string, number>();
  for (const { camera, deviationSeconds } of samples) {
    if (camera === undefined || deviationSeconds === undefined) continue;
    if (Math.abs(deviationSeconds) >= Math.abs(largest.get(camera) ?? 0)) largest.set(camera, deviationSeconds);
  }
  return [...largest].map(([device, value]) => ({ device, metric: 'playback-deviation-seconds', value }));
}

function freePercent({ capacityBytes, freeBytes }: Partial<StorageMeasured> = {}): number | undefined {
  return capacityBytes === undefined || freeBytes === undefined ? undefined : (100 * freeBytes) / capacityBytes;
}

function seenAtAll({ levels = [] }: Partial<CoverageMeasured> = {}): number | undefined {
  return levels.find(({ pixelsPerMetre }) => pixelsPerMetre === 0)?.ratio;
}
