// Keeps one fault that repeats a million times from filling the log: it is told the 1st, 10th, 100th… time.

const keysMax = 1000;

/** The returned function counts `key` up, and gives the count where it is worth a line, otherwise undefined. */
export function createOccasional(): (key: string) => number | undefined {
  const counts = new Map<string, number>();
  return (key) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.delete(key);
    counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > keysMax && oldest !== undefined) counts.delete(oldest);
    return Number.isInteger(Math.log10(count)) ? count : undefined;
  };
}
