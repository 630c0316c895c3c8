// Gives one piece of work a deadline it cannot outlive, even where it ignores being cancelled.
import type { Sleep } from '../clock.ts';

/** After the deadline, or after `signal`, work has this long to end by itself before it is given up. */
const graceMs = 1000;

/** Resolves to undefined where the work was given up. Rejects only where the work does. */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limits: { ms: number; signal: AbortSignal; sleep: Sleep },
): Promise<T | undefined> {
  const finished = new AbortController();
  const deadline = new AbortController();
  const giveUp = async () => {
    await limits.sleep(limits.ms, AbortSignal.any([limits.signal, finished.signal]));
    if (!finished.signal.aborted) deadline.abort(new DOMException('the deadline has passed', 'TimeoutError'));
    await limits.sleep(graceMs, finished.signal);
    return undefined;
  };
  try {
    return await Promise.race([work(AbortSignal.any([limits.signal, deadline.signal])), giveUp()]);
  } finally {
    finished.abort('finished');
  }
}
