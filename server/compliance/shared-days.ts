// Holds what a recorder tells of its cameras' days once where it is the same: three months of twenty cameras are two thousand days, most of them alike.
import type { Fact } from '#contract/facts.ts';
import type { FootageDay, FootageMeasured } from '#contract/footage.ts';

/** Says what `fact` says, in a tenth of the memory where it is of footage. */
export function withSharedDays(fact: Fact): Fact {
  return fact.check === 'footage' && fact.measured !== undefined ? { ...fact, measured: shared(fact.measured) } : fact;
}

function shared({ recordings, ...measured }: FootageMeasured): FootageMeasured {
  const texts = new Map<string, string>();
  const days = new Map<string, FootageDay>();
  const text = <Text extends string>(told: Text) => once(texts, told, () => told) as Text;
  const held = (day: FootageDay) => {
    const copy = { ...day, day: text(day.day) };
    if (copy.state !== undefined) copy.state = text(copy.state);
    if (copy.method !== undefined) copy.method = text(copy.method);
    return copy;
  };
  const sharedDay = (day: FootageDay) => once(days, JSON.stringify(day), () => held(day));
  return { ...measured, recordings: recordings.map((recording) => ({ ...recording, days: recording.days.map(sharedDay) })) };
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
