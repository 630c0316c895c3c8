// Makes guessing hopeless: so many wrong answers in ten minutes from one address, and so many from all together, and no more are looked at.

export interface GuessLimit {
  /** Seconds until another answer from there is looked at; undefined: at once. */
  waitSeconds(address: string): number | undefined;
  wrong(address: string): void;
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
  const wait = (times: number[], most: number): number => {
    const kept = recent(times);
    return kept.length < most ? 0 : Math.ceil(((kept[kept.length - most] ?? 0) + windowMs - now()) / 1000);
  };
  return {
    waitSeconds: (address) => Math.max(wait(wrongOf.get(address) ?? [], addressMax), wait(all, allMax)) || undefined,
    wrong: (address) => {
      all = [...recent(all), now()];
      const ofAddress = [...recent(wrongOf.get(address) ?? []), now()];
      wrongOf.delete(address);
      wrongOf.set(address, ofAddress);
      const [oldest] = wrongOf.keys();
      if (wrongOf.size > addressesMax && oldest !== undefined) wrongOf.delete(oldest);
    },
  };
}
