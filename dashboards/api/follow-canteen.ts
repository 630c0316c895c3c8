// Keeps the devices of the one canteen somebody is looking at up to date.
import type { CanteenView } from '#contract/views.ts';
import type { ServerLine } from './server-line.ts';

const everyMs = 5000;

/** Shows the canteen again every 5 s until `signal` is aborted, and undefined whenever the server did not give it; never rejects. */
export async function followCanteen(about: {
  id: string;
  line: Pick<ServerLine, 'canteen'>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  show: (canteen: CanteenView | undefined) => void;
}): Promise<void> {
  const { id, line, sleep, signal, show } = about;
  while (!signal.aborted) {
    const canteen = await line.canteen(id, signal).catch(() => undefined);
    if (!signal.aborted) show(canteen);
    await sleep(everyMs, signal);
  }
}
