// How fast pictures are sent over one connection: one at a time, when the line is free of facts, and never more than half of the line.
import type { Sleep } from '../clock.ts';
import type { Evidence, KeptPicture } from '../evidence.ts';

export interface PictureDrain {
  /** Sends until `signal` fires, and rejects where `send` does. */
  run(signal: AbortSignal): Promise<void>;
  /** A picture was kept. */
  wake(): void;
  /** The server has stored something, and the evidence has forgotten it. */
  stored(sha256s: readonly string[]): void;
}

/** Without an answer for so long, the next one is tried; each time in vain the wait doubles. */
const answerWithinMs = 30_000;
const answerWithinMsMax = 600_000;
/** Between two pictures, at least: an outage of days may have left thousands. */
const pauseMs = { least: 100, most: 30_000 };
const idleMs = 3_600_000;

export function createPictureDrain(deps: {
  evidence: Pick<Evidence, 'next'>;
  /** Resolves when the broker has taken the picture, which says nothing about the server. */
  send(picture: KeptPicture): Promise<void>;
  /** Resolves when no fact waits to be sent, or none will be any more. */
  lineFree(): Promise<void>;
  now: () => number;
  sleep: Sleep;
}): PictureDrain {
  const { evidence, now, sleep } = deps;
  /** Sent in vain since the last answer. */
  const tried = new Set<string>();
  let patienceMs = answerWithinMs;
  let asked: { sha256: string; answered: AbortController } | undefined;
  let alarm = new AbortController();

  const sendOne = async (picture: KeptPicture, signal: AbortSignal) => {
    const since = now();
    const answered = new AbortController();
    asked = { sha256: picture.sha256, answered };
    tried.add(picture.sha256);
    await deps.send(picture);
    await sleep(patienceMs, AbortSignal.any([signal, answered.signal]));
    asked = undefined;
    if (answered.signal.aborted) {
      tried.clear();
      patienceMs = answerWithinMs;
    } else patienceMs = Math.min(2 * patienceMs, answerWithinMsMax);
    await sleep(Math.min(Math.max(now() - since, pauseMs.least), pauseMs.most), signal);
  };

  return {
    async run(signal) {
      while (!signal.aborted) {
        const woken = alarm.signal; // taken before looking, so that nothing kept meanwhile is missed
        await deps.lineFree();
        if (signal.aborted) return;
        const picture = evidence.next(tried);
        if (picture !== undefined) await sendOne(picture, signal);
        else if (tried.size > 0) tried.clear();
        else await sleep(idleMs, AbortSignal.any([signal, woken]));
      }
    },
    wake() {
      const waiting = alarm;
      alarm = new AbortController();
      waiting.abort('woken');
    },
    stored(sha256s) {
      if (asked !== undefined && sha256s.includes(asked.sha256)) asked.answered.abort('answered');
    },
  };
}
