// Keeps what this server has in memory up with what other servers on the same database change, for its own pages.
import type { Logger } from 'pino';
import { type Background, runInBackground } from './background.ts';
import type { Canteens } from './canteens.ts';

export interface CatchUp extends Background {
  /** Another server has changed these canteens; undefined: any may have been changed. */
  hear(canteens: string[] | undefined): void;
}

/** Changes that follow one another closely are read once. */
const gatherMs = 50;

/**
 * What was heard of is read at once; every `everyMs` all is compared with the store by version, so that nothing shown is ever older than that,
 * though no word of a change came. Runs until `close`.
 */
export function createCatchUp(deps: {
  canteens: Pick<Canteens, 'catchUp'>;
  everyMs: number;
  /** Called when all was compared. */
  onCompared?: () => Promise<void>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Pick<Logger, 'info' | 'error'>;
}): CatchUp {
  const { canteens, everyMs, onCompared, sleep, log } = deps;
  let heard = new Set<string>();
  let all = false;
  let wake = new AbortController();
  const { close } = runInBackground(sleep, async ({ stop, pause }) => {
    let failing = false;
    for (let comparedAt = 0; !stop.aborted; ) {
      if (heard.size === 0 && !all) await sleep(everyMs, AbortSignal.any([stop, wake.signal])).catch(() => undefined);
      if (stop.aborted) return;
      await pause(gatherMs);
      const everything = all || performance.now() - comparedAt >= everyMs;
      const some = [...heard];
      heard = new Set();
      all = false;
      wake = new AbortController();
      try {
        await canteens.catchUp(everything ? undefined : some);
        if (everything) {
          comparedAt = performance.now();
          await onCompared?.();
        }
        if (failing) log.info('what other servers changed can be read again');
        failing = false;
      } catch (err) {
        if (!failing) log.error({ err }, 'what other servers changed cannot be read; it is tried again');
        failing = true;
        all = true;
        await pause(1000);
      }
    }
  });

  return {
    hear: (changed) => {
      for (const canteen of changed ?? []) heard.add(canteen);
      all ||= changed === undefined;
      wake.abort();
    },
    close,
  };
}
