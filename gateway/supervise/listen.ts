// Listens to one device again and again: at once where it is there, and ever more seldom where it lets go of us each time.
import type { Fact } from '#contract/facts.ts';
import { judge } from '../checks/index.ts';
import type { Sleep } from '../clock.ts';
import type { Listening } from '../supervise.ts';

export interface ListenDeps {
  /** Takes in what was heard, or that nothing is heard any more. */
  heard(facts: Fact[]): void;
  now: () => number;
  sleep: Sleep;
  /** From 0 to 1. */
  random: () => number;
}

/** A camera that throws us out at once and finds us at its door again in the same moment locks the account, or itself up. */
const waitMsMin = 5000;
const waitMsMax = 600_000;
/** Whoever kept us so long may have us back soon. */
const steadyMs = 60_000;

/** One attempt after the other: call it whenever the device may be listened to; it ends when `signal` fires. Never rejects. */
export function createListener(listening: Listening, { heard, now, sleep, random }: ListenDeps): (signal: AbortSignal) => Promise<void> {
  let waitMs = waitMsMin;
  let waitUntil = Number.NEGATIVE_INFINITY;

  return async (signal) => {
    // Also where the last attempt ended with the device gone: one that comes and goes is not met by a storm of our own.
    await sleep(Math.min(Math.max(0, waitUntil - now()), waitMsMax), signal);
    while (!signal.aborted) {
      const since = now();
      const tell = (observation: Parameters<typeof judge>[0]) => heard(judge(observation, listening.validForMs));
      const ended = await listening.run({ signal, now, sleep, tell });
      heard(judge(ended, listening.validForMs));
      waitMs = now() - since >= steadyMs ? waitMsMin : Math.min(2 * waitMs, waitMsMax);
      const pauseMs = waitMs * (1 + random());
      waitUntil = now() + pauseMs;
      await sleep(pauseMs, signal);
    }
  };
}
