// The real clock and the real waiting, which main passes to whatever needs time.

/** Waits `ms`, or less: ends early, and without an error, when `signal` fires. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Not by the platform’s own promise: each that is woken makes an error with its whole stack, which nobody looks at. */
export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });

/** Milliseconds since 1970. */
export const now = (): number => Date.now();
