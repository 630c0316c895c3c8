// The real clock and the real waiting, which main passes to whatever needs time.
import { setTimeout as wait } from 'node:timers/promises';

/** Waits `ms`, or less: ends early, and without an error, when `signal` fires. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
};

/** Milliseconds since 1970. */
export const now = (): number => Date.now();
