// Takes points in without ever making their sender wait, and writes them in batches behind it.
import type { Logger } from 'pino';
import { runInBackground } from './background.ts';
import { createOccasional } from './occasional.ts';
import type { Point } from './stores/telemetry-store.ts';

export interface TelemetryHealth {
  /** Points that are not where they are to be kept yet. */
  waiting: number;
  /** Points that had to be given up, since the server or its queue began to count. */
  dropped: number;
  /** Why nothing can be kept at present, in a sentence. */
  trouble: string | undefined;
}

export interface PointTaker {
  /** Never fails, and never waits: what is too much is dropped and counted. */
  take(points: Point[]): void;
  health(): TelemetryHealth;
  /** Writes what is waiting without waiting for more of it. */
  flush(): Promise<void>;
  /** Writes what is still waiting, once. */
  close(): Promise<void>;
}

const gatherMs = 500;
const retryMs = 5_000;
const pointsPerWrite = 5_000;
const pointsWaitingMax = 200_000;
/** A gateway that makes up names of devices must not fill a database with series. */
const seriesPerCanteenMax = 5_000;

export function createPointTaker(deps: {
  /** What is given again, after a failure, counts once. */
  write: (points: Point[]) => Promise<void>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
}): PointTaker {
  const { write, sleep, log } = deps;
  const isWithin = createSeriesLimit();
  const worthALine = createOccasional();
  let waiting: Point[] = [];
  let dropped = 0;
  let trouble: string | undefined;
  let writing = Promise.resolve();
  const background = runInBackground(sleep, async ({ stop, pause }) => {
    while (!stop.aborted) {
      await pause(trouble === undefined ? gatherMs : retryMs);
      await writeWaiting();
    }
  });

  return {
    take(points) {
      const kept = points.filter(isWithin).slice(0, pointsWaitingMax - waiting.length);
      for (const point of kept) waiting.push(point);
      drop(points.length - kept.length);
    },
    health: () => ({ waiting: waiting.length, dropped, trouble }),
    flush: writeWaiting,
    close: async () => {
      await background.close();
      await writeWaiting();
      drop(waiting.length);
    },
  };

  /** One at a time: what is being written is still among what waits. */
  function writeWaiting(): Promise<void> {
    writing = writing.then(writeBatches);
    return writing;
  }

  async function writeBatches(): Promise<void> {
    while (waiting.length > 0) {
      const points = waiting.slice(0, pointsPerWrite);
      const failure = await write(points).then(
        () => undefined,
        (error: Error) => error,
      );
      if (failure !== undefined && trouble === undefined) log.error({ err: failure }, 'telemetry cannot be kept; it is tried again');
      if (failure === undefined && trouble !== undefined) log.info('telemetry can be kept again');
      trouble = failure?.message;
      if (failure !== undefined) return;
      waiting = waiting.slice(points.length);
    }
  }

  function drop(count: number): void {
    if (count === 0) return;
    dropped += count;
    if (worthALine('dropped') !== undefined) log.error({ dropped }, 'points of telemetry had to be dropped');
  }
}

function createSeriesLimit(): (point: Point) => boolean {
  const seriesOf = new Map<string, Set<string>>();
  return ({ canteen, device, metric }) => {
    const known = seriesOf.get(canteen) ?? new Set();
    seriesOf.set(canteen, known);
    const series = [device, metric].join(' ');
    if (known.size < seriesPerCanteenMax) known.add(series);
    return known.has(series);
  };
}
