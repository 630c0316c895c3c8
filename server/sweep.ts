// Lets time pass: every few seconds each canteen is judged anew, so that what was not renewed becomes unknown, then a gap.
import type { Logger } from 'pino';
import { type Background, runInBackground } from './background.ts';
import type { Canteens } from './canteens.ts';
import type { Line } from './stores/postgres-line.ts';

/** Runs until `close`, which waits for the round under way. */
export function createSweep(deps: {
  canteens: Pick<Canteens, 'passTime'>;
  /** Whether gateways can be heard: while they cannot, their silence is nobody's fault, and no time passes for them. */
  hearing?: () => boolean;
  /** Where several servers share the store: what one of them does, and any other as soon as that one cannot. */
  line?: Pick<Line, 'lead' | 'resign'> | undefined;
  everyMs: number;
  /** Told how long a round took. */
  onRound?: (seconds: number) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
}): Background {
  const { canteens, hearing = () => true, line, everyMs, onRound, sleep, log } = deps;
  return runInBackground(sleep, async ({ stop, pause }) => {
    let failing = false;
    for (await pause(everyMs); !stop.aborted; await pause(everyMs)) {
      if (!hearing()) {
        await line?.resign();
        continue;
      }
      const failed = await round();
      if (failed !== undefined) await line?.resign();
      if (failed !== undefined && !failing) log.error({ err: failed }, 'the sweep cannot store what it found; it goes on trying');
      if (failed === undefined && failing) log.info('the sweep can store again');
      failing = failed !== undefined;
    }
  });

  async function round(): Promise<unknown> {
    const since = performance.now();
    try {
      await canteens.passTime({ leading: line === undefined || (await line.lead()) });
      onRound?.((performance.now() - since) / 1000);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
