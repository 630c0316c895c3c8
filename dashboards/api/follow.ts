// Keeps what somebody is looking at up to date by asking again and again.

/** Shows the answer again every `everyMs` until `signal` is aborted, and undefined whenever the server did not give it; never rejects. */
export async function follow<View>(about: {
  ask: (signal: AbortSignal) => Promise<View>;
  everyMs: number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  show: (view: View | undefined) => void;
}): Promise<void> {
  const { ask, everyMs, sleep, signal, show } = about;
  while (!signal.aborted) {
    const view = await ask(signal).catch(() => undefined);
    if (!signal.aborted) show(view);
    await sleep(everyMs, signal);
  }
}
