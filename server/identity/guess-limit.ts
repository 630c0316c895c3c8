// Makes guessing hopeless: so many wrong answers in ten minutes from one address, and so many from all together, and no more are looked at.

export interface GuessLimit {
  /** Counts one more answer as wrong until it is shown to be right; gives the seconds until another is looked at, where this one is not to be. */
  guess(address: string): number | undefined;
  /** The answer that was just counted was none that was guessed. */
  wasRight(address: string): void;
}

const windowMs = 600_000;
const addressesMax = 10_000;

/**
 * Against 2^32 codes, `allMax` guesses in ten minutes find one of a hundred open codes once in some 4,000 days. Whoever uses the guesses of all up
 * keeps others from being enrolled meanwhile: that is seen in the log, and nobody gets in.
 */
export function createGuessLimit({
  now,
  addressMax = 10,
  allMax = 100,
}: {
  now: () => number;
  addressMax?: number;
  allMax?: number;
}): GuessLimit {
  const wrongOf = new Map<string, number[]>();
  let all: number[] = [];
  const recent = (times: number[]) => times.filter((at) => at > now() - windowMs);
  const wait = (kept: number[], most: number): number =>
    kept.length < most ? 0 : Math.ceil(((kept[kept.length - most] ?? 0) + windowMs - now()) / 1000);
  return {
    // Counted before it is looked up: of many at once no more are looked at than of many in turn.
    guess: (address) => {
      const ofAddress = recent(wrongOf.get(address) ?? []);
      all = recent(all);
      const seconds = Math.max(wait(ofAddress, addressMax), wait(all, allMax));
      if (seconds > 0) return seconds;
      all = [...all, now()];
      wrongOf.delete(address);
      wrongOf.set(address, [...ofAddress, now()]);
      const [oldest] = wrongOf.keys();
      if (wrongOf.size > addressesMax && oldest !== undefined) wrongOf.delete(oldest);
      return undefined;
    },
    wasRight: (address) => {
      all = all.slice(0, -1);
      wrongOf.set(address, (wrongOf.get(address) ?? []).slice(0, -1));
    },
  };
}
