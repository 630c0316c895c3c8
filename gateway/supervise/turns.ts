// Lets a bounded number of things run at once; the rest wait in the order they came.

export type Turns = <T>(run: () => Promise<T>) => Promise<T>;

/** The queue holds at most one entry per caller, and callers wait for their turn before they ask again. */
export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;

  const take = (): Promise<void> | undefined => {
    if (free === 0) return new Promise((granted) => waiting.push(granted));
    free -= 1;
    return undefined;
  };
  const give = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return async (run) => {
    await take();
    try {
      return await run();
    } finally {
      give();
    }
  };
}
