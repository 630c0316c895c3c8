// Brings points to a store elsewhere: on disk first, then there, however long that takes; then has their hours summed up.
import type { Logger } from 'pino';
import { runInBackground } from './background.ts';
import type { PointQueue } from './stores/point-queue.ts';
import type { InfluxTelemetry } from './stores/telemetry-influx.ts';
import { hourMs, type Point } from './stores/telemetry-store.ts';

export interface Delivery {
  /** On the disk when it resolves. */
  write(points: Point[]): Promise<void>;
  health(): { waiting: number; dropped: number; trouble: string | undefined };
  /** What is still queued waits on the disk. */
  close(): Promise<void>;
}

const restMs = 500;
const retryMs = { first: 1_000, most: 30_000 };
/** An hour is summed up when nothing has come for it for so long: late points come in numbers. */
const settledAfterMs = 60_000;

export function createDelivery(deps: {
  queue: PointQueue;
  store: Pick<InfluxTelemetry, 'write' | 'sumUp' | 'takenSince' | 'isHopeless'>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
  now: () => number;
}): Delivery {
  const { queue, store, sleep, log, now } = deps;
  let trouble: string | undefined;
  let told = 0;
  const background = runInBackground(sleep, async ({ stop, pause }) => {
    let wait = retryMs.first;
    while (!stop.aborted) {
      const failure = await step().catch((error: Error) => error);
      if (failure === 'idle') await pause(restMs);
      if (failure instanceof Error) await pause(wait);
      wait = failure instanceof Error ? Math.min(2 * wait, retryMs.most) : retryMs.first;
      note(failure instanceof Error ? failure : undefined);
    }
  });

  return {
    write: async (points) => {
      queue.put(points);
      tellDropped();
    },
    health: () => ({ ...queue.counts(), trouble }),
    close: async () => {
      await background.close();
      queue.close();
    },
  };

  async function step(): Promise<'more' | 'idle'> {
    const batch = queue.next();
    if (batch !== undefined) {
      await deliver(batch);
      return 'more';
    }
    const hour = queue.changedHour(now() - settledAfterMs);
    if (hour === undefined || hour + hourMs > now()) return 'idle';
    await store.sumUp(hour);
    queue.summedUp(hour);
    return 'more';
  }

  async function deliver({ id, points }: { id: number; points: Point[] }): Promise<void> {
    const since = store.takenSince();
    const wanted = points.filter(({ at }) => at >= since);
    try {
      if (wanted.length > 0) await store.write(wanted);
    } catch (error) {
      if (!store.isHopeless(error)) throw error;
      log.error({ err: error, points: points.length }, 'the telemetry store refuses a batch of points for good; it is dropped');
      return queue.giveUp(id);
    }
    queue.arrived(id, wanted, now());
  }

  function note(failure: Error | undefined): void {
    if (failure !== undefined && trouble === undefined)
      log.error({ reason: failure.message, ...queue.counts() }, 'the telemetry store cannot be reached; points wait on the disk');
    if (failure === undefined && trouble !== undefined) log.info(queue.counts(), 'the telemetry store can be reached again');
    trouble = failure === undefined ? undefined : (trouble ?? failure.message);
  }

  /** Of what is dropped little by little, one line for each batch that is put is enough. */
  function tellDropped(): void {
    const { dropped } = queue.counts();
    if (dropped > told) log.error({ dropped }, 'the queue of telemetry is full; its oldest points were dropped');
    told = dropped;
  }
}
