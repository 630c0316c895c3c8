// Lets time pass: every few seconds each canteen is judged anew, so that what was not renewed becomes unknown, then a gap.
import type { Logger } from 'pino';
import type { Canteens } from './canteens.ts';

/** Runs until `close`, which waits for the round under way. */
export function createSweep(deps: {
  canteens: Pick<Canteens, 'ids' | 'apply'>;
  everyMs: number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
}): { close(): Promise<void> } {
  const { canteens, everyMs, sleep, log } = deps;
  const stop = new AbortController();
  const running = run();
  return {
    close: () => {
      stop.abort();
      return running;
    },
  };

  async function run(): Promise<void> {
    let failing = false;
    while (await slept()) {
      const failed = await round();
      if (failed !== undefined && !failing) log.error({ err: failed }, 'the sweep cannot store what it found; it goes on trying');
      if (failed === undefined && failing) log.info('the sweep can store again');
      failing = failed !== undefined;
    }
  }

  async function slept(): Promise<boolean> {
    try {
      await sleep(everyMs, stop.signal);
    } catch {
      // aborted
    }
    return !stop.signal.aborted;
  }

  async function round(): Promise<unknown> {
    try {
      await canteens.apply({ canteens: canteens.ids(), told: [], events: [], watermarks: [], refused: [] });
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
