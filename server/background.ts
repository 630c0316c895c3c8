// Work that goes on beside everything else until it is closed.

export interface Background {
  /** Asks the work to end, and waits for the step under way. */
  close(): Promise<void>;
}

/** Starts `work`, which must not reject, and should end soon after the signal fires. `pause` ends early, without an error, when it does. */
export function runInBackground(
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  work: (about: { stop: AbortSignal; pause(ms: number): Promise<void> }) => Promise<void>,
): Background {
  const stop = new AbortController();
  const pause = (ms: number) => sleep(ms, stop.signal).catch(() => undefined);
  const running = work({ stop: stop.signal, pause });
  return {
    close: () => {
      stop.abort();
      return running;
    },
  };
}
