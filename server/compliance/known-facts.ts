// The newest fact of each check of each device. What is held is never changed: what is put in makes a new one, which shares with the old whatever stays.
import type { CheckName, Fact } from '#contract/facts.ts';
import type { KnownFact } from './state.ts';

/** By device, then by check: one new fact copies what is known of its device, not what is known of all. */
export type KnownFacts = ReadonlyMap<string, ReadonlyMap<CheckName, KnownFact>>;

export const noFacts: KnownFacts = new Map();

export function factOf(facts: KnownFacts, { device, check }: Pick<Fact, 'device' | 'check'>): KnownFact | undefined {
  return facts.get(device)?.get(check);
}

export function allFacts(facts: KnownFacts): KnownFact[] {
  return [...facts.values()].flatMap((ofDevice) => [...ofDevice.values()]);
}

export function countFacts(facts: KnownFacts): number {
  let count = 0;
  for (const ofDevice of facts.values()) count += ofDevice.size;
  return count;
}

/** Each takes the place of the one of its device and check. */
export function withFacts(facts: KnownFacts, told: KnownFact[]): KnownFacts {
  const all = new Map(facts);
  for (const known of told) {
    const { device, check } = known.fact;
    all.set(device, new Map(all.get(device)).set(check, known));
  }
  return all;
}

export function withoutFacts(facts: KnownFacts, isGone: (known: KnownFact) => boolean): KnownFacts {
  const gone = allFacts(facts).some(isGone);
  return gone
    ? withFacts(
        noFacts,
        allFacts(facts).filter((known) => !isGone(known)),
      )
    : facts;
}

/** Those that came or took another's place, and those that went; because nothing is changed in place, comparing references is enough. */
export function changesOfFacts(before: KnownFacts, after: KnownFacts): { told: KnownFact[]; gone: KnownFact[] } {
  return { told: missingIn(before, after), gone: missingIn(after, before).filter(({ fact }) => factOf(after, fact) === undefined) };
}

/** Those of `facts` that `others` has not, or has another in the place of. */
function missingIn(others: KnownFacts, facts: KnownFacts): KnownFact[] {
  if (others === facts) return [];
  const missing: KnownFact[] = [];
  for (const [device, ofDevice] of facts) {
    const other = others.get(device);
    if (other === ofDevice) continue;
    for (const [check, known] of ofDevice) if (other?.get(check) !== known) missing.push(known);
  }
  return missing;
}
