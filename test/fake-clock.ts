// A clock that stands still until a test moves it: what waits on `sleep` goes on in order, and nothing really waits.
import { setImmediate as settled } from 'node:timers/promises';

export interface FakeClock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves on, and stops at every moment somebody sleeps until, so that what follows from it happens at that moment. */
  advance(ms: number): Promise<void>;
}

export function createFakeClock(start = '2026-11-23T00:00:00.000Z'): FakeClock {
  const sleeping = new Set<{ at: number; end(): void }>();
  let at = Date.parse(start);

  const first = () => [...sleeping].toSorted((a, b) => a.at - b.at)[0];

  return {
    now: () => at,
    sleep(ms, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const sleeper = {
        at: at + ms,
        end() {
          sleeping.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.end);
          resolve();
        },
      };
      sleeping.add(sleeper);
      signal?.addEventListener('abort', sleeper.end);
      return promise;
    },
    async advance(ms) {
      const until = at + ms;
      await settle();
      for (let next = first(); next !== undefined && next.at <= until; next = first()) {
        at = Math.max(at, next.at);
        next.end();
        await settle();
      }
      at = until;
    },
  };
}

/** Lets everything run that needs no more time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await settled();
}
