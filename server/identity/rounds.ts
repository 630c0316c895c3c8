// What enrolment has to look at again and again: who still counts, every few seconds, and whether the certificates shown are still good, every hour.
import { type Background, runInBackground } from '../background.ts';
import type { Enrolment } from './enrolment.ts';
import type { ServerTls } from './server-tls.ts';

/** How soon a revocation by another server, or an expiry, ends a session here. */
const lookEveryMs = 2_000;
const renewEveryMs = 3_600_000;

/** Runs until `close`. */
export function createRounds(deps: {
  enrolment: Pick<Enrolment, 'refresh'>;
  shown: Pick<ServerTls, 'renew'>[];
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
}): Background {
  const { enrolment, shown, sleep, now } = deps;
  return runInBackground(sleep, async ({ stop, pause }) => {
    let renewedAt = now();
    for (await pause(lookEveryMs); !stop.aborted; await pause(lookEveryMs)) {
      await enrolment.refresh();
      if (now() - renewedAt < renewEveryMs) continue;
      renewedAt = now();
      for (const { renew } of shown) await renew();
    }
  });
}
