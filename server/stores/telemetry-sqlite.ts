// Keeps telemetry in a SQLite file, on a thread of its own: thousands of points in one write hold nobody else up.
import { ServerError } from '../errors.ts';
import type { TelemetryFile, TelemetryTasks } from './telemetry-sqlite-thread.ts';
import type { TelemetryStore } from './telemetry-store.ts';
import { startThread } from './thread.ts';

/** Rejected with ServerError `store-unusable`. */
export async function openSqliteTelemetry({ now, ...file }: TelemetryFile & { now: () => number }): Promise<TelemetryStore> {
  const thread = await startThread<TelemetryTasks>(new URL('./telemetry-sqlite-thread.ts', import.meta.url), file).catch((cause: Error) => {
    // Between threads an error keeps its sentence only.
    throw new ServerError('store-unusable', cause.message, { cause });
  });
  return {
    write: (points) => thread.ask('write', points),
    series: (query) => thread.ask('series', query),
    prune: () => thread.ask('prune', now()),
    close: thread.close,
  };
}
