// How a device's clock goes: told from many readings what one cannot tell, its drift and that it was set. Pure.
import type { ClockMeasured } from '#contract/camera-measured.ts';

export interface ClockSeries {
  /** Takes in one reading and gives it back with what the series tells. `monotonicMs` is of a clock nobody sets: ours may be set as well. */
  add(reading: ClockMeasured, taken: { at: number; monotonicMs: number }): ClockMeasured;
}

const keepEveryMs = 900_000;
const keptMax = 96;
/** Devices tell whole seconds: only over hours does their drift stand out from that. */
const tellAfterMs = 6 * 3_600_000;
/** A clock that drifts more than this is not drifting: nine seconds a day. */
const driftMax = 1e-4;
const jumpSecondsMin = 2;

interface Point {
  x: number;
  /** The device's clock against ours that nobody sets, seconds. */
  y: number;
  uncertaintySeconds: number;
}

export function createClockSeries(): ClockSeries {
  let kept: Point[] = [];
  let last: Point | undefined;
  let jump: ClockMeasured['jump'];

  return {
    add(reading, { at, monotonicMs }) {
      const { offsetSeconds, uncertaintySeconds } = reading;
      const point = { x: monotonicMs, y: offsetSeconds + (at - monotonicMs) / 1000, uncertaintySeconds };
      const seconds = last === undefined ? 0 : point.y - last.y;
      if (last !== undefined && Math.abs(seconds) > allowed(last, point)) {
        jump = { at: new Date(at).toISOString(), seconds: Math.round(seconds * 10) / 10 };
        kept = [];
      }
      last = point;
      if (point.x - (kept.at(-1)?.x ?? Number.NEGATIVE_INFINITY) >= keepEveryMs) kept = [...kept, point].slice(-keptMax);
      const drift = driftOf(kept);
      return { ...reading, ...(drift === undefined ? {} : { driftSecondsPerDay: drift }), ...(jump === undefined ? {} : { jump }) };
    },
  };
}

function allowed(before: Point, after: Point): number {
  const drifted = ((after.x - before.x) / 1000) * driftMax;
  return jumpSecondsMin + before.uncertaintySeconds + after.uncertaintySeconds + drifted;
}

/** Seconds a day, by the line nearest to all points; undefined over too short a time. */
function driftOf(points: readonly Point[]): number | undefined {
  const [first, final] = [points[0], points.at(-1)];
  if (first === undefined || final === undefined || final.x - first.x < tellAfterMs) return undefined;
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const slope = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  return Math.round(slope * 86_400_000 * 10) / 10;
}
