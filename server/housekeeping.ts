// Forgets what has been kept long enough, in small steps between which everything else gets its turn.
import type { Logger } from 'pino';
import { type Background, runInBackground } from './background.ts';
import type { EvidenceStore } from './stores/evidence-store.ts';
import type { Line } from './stores/postgres-line.ts';
import type { StateStore } from './stores/state-store.ts';
import type { TelemetryStore } from './stores/telemetry-store.ts';

const dayMs = 86_400_000;
const everyMs = 3_600_000;
const stepMs = 200;

/** Runs until `close`, which waits for the step under way. */
export function createHousekeeping(deps: {
  store: Pick<StateStore, 'prune'>;
  evidence: Pick<EvidenceStore, 'prune'>;
  telemetry: Pick<TelemetryStore, 'prune'>;
  /** Where several servers share the store: the one that leads clears it out. */
  line?: Pick<Line, 'leading'> | undefined;
  /** How long the first round waits, as when nobody leads yet. */
  firstAfterMs?: number;
  keep: { eventsDays: number; closedGapsDays: number; evidenceDays: number };
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
  now: () => number;
}): Background {
  const { store, evidence, telemetry, line, firstAfterMs = 0, keep, sleep, log, now } = deps;
  return runInBackground(sleep, async ({ stop, pause }) => {
    if (firstAfterMs > 0) await pause(firstAfterMs);
    while (!stop.aborted) {
      try {
        const forgotten = await clearOut(stop, pause);
        if (forgotten > 0) log.info({ forgotten }, 'events and closed gaps were forgotten at the end of their time');
      } catch (err) {
        log.error({ err }, 'what has been kept long enough cannot be forgotten; it is tried again in an hour');
      }
      await pause(everyMs);
    }
  });

  async function clearOut(stop: AbortSignal, pause: (ms: number) => Promise<void>): Promise<number> {
    const before = (days: number) => now() - days * dayMs;
    let forgotten = 0;
    for (let more = true; more && !stop.aborted; ) {
      const leading = line?.leading() ?? true;
      const some = leading ? await store.prune({ events: before(keep.eventsDays), closedGaps: before(keep.closedGapsDays) }) : 0;
      const morePictures = await evidence.prune(before(keep.evidenceDays));
      const morePoints = await telemetry.prune();
      forgotten += some;
      more = some > 0 || morePictures || morePoints;
      await pause(stepMs);
    }
    return forgotten;
  }
}
