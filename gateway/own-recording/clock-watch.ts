// Notices when the clock on the wall is set, by comparing it with the time that really passed.
import type { Sleep } from '../clock.ts';

export interface ClockWatch {
  /** False for a day after the clock leapt by more than an hour, or seemed to while the gateway was off: what it calls old may be of today. */
  trusted(): boolean;
  /** Calls `onSet` whenever the clock was set, until `signal` fires. */
  run(signal: AbortSignal, onSet: (byMs: number) => void): Promise<void>;
}

const lookEveryMs = 1000;
const setFromMs = 2000;
const leapFromMs = 3_600_000;
const distrustMs = 86_400_000;

/** `lastSeen`: the newest time the last life of the gateway wrote down. `elapsed`: milliseconds that never go back. */
export function createClockWatch(deps: {
  now: () => number;
  elapsed: () => number;
  sleep: Sleep;
  lastSeen: number | undefined;
}): ClockWatch {
  const { now, elapsed, sleep, lastSeen } = deps;
  const offLong = lastSeen !== undefined && Math.abs(now() - lastSeen) > distrustMs;
  let trustedFrom = offLong ? elapsed() + distrustMs : elapsed();
  let difference = now() - elapsed();

  return {
    trusted: () => elapsed() >= trustedFrom,
    async run(signal, onSet) {
      while (!signal.aborted) {
        await sleep(lookEveryMs, signal);
        const byMs = now() - elapsed() - difference;
        if (Math.abs(byMs) < setFromMs) continue;
        difference += byMs;
        if (Math.abs(byMs) > leapFromMs) trustedFrom = elapsed() + distrustMs;
        onSet(byMs);
      }
    },
  };
}
