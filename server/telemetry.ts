// Telemetry as the rest of the server knows it: give it points, ask it for series; behind it is the store the settings name.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { StoreAddress } from './store-settings.ts';
import { openPointQueue } from './stores/point-queue.ts';
import { createInfluxTelemetry } from './stores/telemetry-influx.ts';
import { openSqliteTelemetry } from './stores/telemetry-sqlite.ts';
import type { Point, TelemetryKeep, TelemetryStore } from './stores/telemetry-store.ts';
import { createDelivery } from './telemetry-delivery.ts';
import { createPointTaker, type PointTaker } from './telemetry-taker.ts';

export interface Telemetry extends PointTaker, Pick<TelemetryStore, 'series' | 'prune'> {}

interface TelemetryDeps {
  at: StoreAddress & { queuePointsMax: number };
  /** Where the queue to a store elsewhere lies. */
  dataDir: string;
  keep: TelemetryKeep;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
  now: () => number;
}

/** Rejected with ServerError `store-unusable`; a store elsewhere need not be there yet. */
export async function openTelemetry(deps: TelemetryDeps): Promise<Telemetry> {
  return deps.at.url.startsWith('sqlite:') ? embedded(deps) : elsewhere(deps);
}

async function embedded({ at, keep, sleep, log, now }: TelemetryDeps): Promise<Telemetry> {
  const store = await openSqliteTelemetry({ path: at.url.slice('sqlite:'.length), keep, now });
  const taker = createPointTaker({ write: store.write, sleep, log });
  return { ...store, ...taker, close: () => inTurn(taker.close, store.close) };
}

function elsewhere({ at, dataDir, keep, sleep, log, now }: TelemetryDeps): Telemetry {
  const store = createInfluxTelemetry({ ...at, keep, now });
  const queue = openPointQueue({ path: join(dataDir, 'telemetry-queue.db'), pointsMax: at.queuePointsMax });
  const delivery = createDelivery({ queue, store, sleep, log, now });
  const taker = createPointTaker({ write: (points: Point[]) => delivery.write(points), sleep, log });
  return {
    ...{ ...store, ...taker },
    health: () => {
      const [here, queued] = [taker.health(), delivery.health()];
      return {
        waiting: here.waiting + queued.waiting,
        dropped: here.dropped + queued.dropped,
        trouble: here.trouble ?? queued.trouble,
      };
    },
    close: () => inTurn(taker.close, delivery.close),
  };
}

async function inTurn(...closes: (() => Promise<void>)[]): Promise<void> {
  for (const close of closes) await close();
}
