// Holds what a recorder tells of its cameras' days once where it is the same: three months of twenty cameras are two thousand days, most of them alike.
import type { Fact } from '#contract/facts.ts';
import type { FootageDay, FootageMeasured } from '#contract/footage.ts';

/** Says what `fact` says, in a tenth of the memory where it is of footage. */
export function withSharedDays(fact: Fact): Fact {
  return fact.check === 'footage' && fact.measured !== undefined ? { ...fact, measured: shared(fact.measured) } : fact;
}

function shared({ recordings, ...measured }: FootageMeasured): FootageMeasured {
  const texts = new Map<unknown, unknown>();
  const days = new Map<string, FootageDay>();
  const once = <Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value => {
    const value = known.get(key) ?? make();
    known.set(key, value);
    return value;
  };
  const sharedTexts = (day: FootageDay) =>
    Object.fromEntries(Object.entries(day).map(([key, value]) => [key, once(texts, value, () => value)])) as FootageDay;
  const sharedDay = (day: FootageDay) => once(days, JSON.stringify(day), () => sharedTexts(day));
  return { ...measured, recordings: recordings.map((recording) => ({ ...recording, days: recording.days.map(sharedDay) })) };
}
