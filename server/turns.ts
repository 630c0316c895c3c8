// Lets changes of different canteens go on side by side, and everything else one after the other.
export interface Turns {
  /** Begins when all that was asked for before is over; what is asked for later waits for it. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Begins when all that was asked for before about any of these canteens is over, and all that has to be alone. */
  about<Result>(canteens: Iterable<string>, work: () => Promise<Result>): Promise<Result>;
}

export function createTurns(): Turns {
  let everything: Promise<unknown> = Promise.resolve();
  let lastAlone = everything;
  /** By canteen, since then. */
  const lastAbout = new Map<string, Promise<unknown>>();
  return {
    alone: (work) => {
      const { done, over } = begin([everything], work);
      everything = lastAlone = over;
      lastAbout.clear();
      return done;
    },
    about: (canteens, work) => {
      const ids = [...canteens];
      const { done, over } = begin([lastAlone, ...ids.map((id) => lastAbout.get(id))], work);
      for (const id of ids) lastAbout.set(id, over);
      everything = Promise.all([everything, over]);
      return done;
    },
  };
}

/** `over`: it is done, or has failed, which is nothing to those that come after it. */
function begin<Result>(before: unknown[], work: () => Promise<Result>): { done: Promise<Result>; over: Promise<unknown> } {
  const done = Promise.all(new Set(before)).then(work);
  return { done, over: done.catch(() => undefined) };
}
