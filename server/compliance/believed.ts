// What may be believed of a device now: its newest fact, or since when there has been none that counts.
import type { CheckName, FactOf } from '#contract/facts.ts';
import { type CanteenState, factKey } from './state.ts';

/** `since`: from when on the outcome has been what it is, milliseconds since 1970. `fact` is absent where nothing was ever told. */
export type Belief<Name extends CheckName> =
  | { outcome: 'ok' | 'fault'; fact: FactOf<Name>; since: number }
  | { outcome: 'unknown'; fact?: FactOf<Name>; since: number };

/** A fact past its time, or never told, is unknown, whatever it said. */
export function believed<Name extends CheckName>(state: CanteenState, about: { device: string; check: Name }, now: number): Belief<Name> {
  const known = state.facts[factKey(about.device, about.check)];
  const fact = known?.fact;
  if (known === undefined || !isOf(fact, about.check))
    return { outcome: 'unknown', since: Math.max(state.layout?.since ?? 0, state.expectedSince) };
  if (fact.outcome === 'unknown') return { outcome: 'unknown', fact, since: known.since };
  if (now > known.believedUntil) return { outcome: 'unknown', fact, since: Math.max(known.believedUntil, state.expectedSince) };
  return { outcome: fact.outcome, fact, since: known.since };
}

function isOf<Name extends CheckName>(fact: { check: CheckName } | undefined, check: Name): fact is FactOf<Name> {
  return fact?.check === check;
}
