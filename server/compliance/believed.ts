// What may be believed of a device now: its newest fact, or since when there has been none that counts.
import type { CheckName, Fact, FactOf } from '#contract/facts.ts';
import { factOf } from './known-facts.ts';
import type { CanteenState, KnownFact } from './state.ts';

/**
 * `since`: from when on the outcome has been what it is, milliseconds since 1970. `fact` is absent where nothing was ever told; `lapsedAt` says since when
 * it has not been believed any more, whatever it said.
 */
export type Belief<Name extends CheckName> =
  | { outcome: 'ok' | 'fault'; fact: FactOf<Name>; since: number }
  | { outcome: 'unknown'; fact?: FactOf<Name>; since: number; lapsedAt?: number };

/** A fact past its time, or never told, is unknown, whatever it said; so is an `ok` that does not say what was measured. */
export function believed<Name extends CheckName>(state: CanteenState, about: { device: string; check: Name }, now: number): Belief<Name> {
  return beliefIn(factOf(state.facts, about), about.check, { state, now });
}

/** The same of what `state` knows of one check of one device. */
export function beliefIn<Name extends CheckName>(
  known: KnownFact | undefined,
  check: Name,
  { state, now }: { state: CanteenState; now: number },
): Belief<Name> {
  const fact = known?.fact;
  if (known === undefined || !isOf(fact, check))
    return { outcome: 'unknown', since: Math.max(state.layout?.since ?? 0, state.expectedSince) };
  const lapsedAt = Math.max(known.believedUntil, state.expectedSince);
  const lapsed = isStillBelieved(known, now) ? {} : { lapsedAt };
  if (saysNothing(fact)) return { outcome: 'unknown', fact, since: Math.max(known.since, state.expectedSince), ...lapsed };
  if (!isStillBelieved(known, now)) return { outcome: 'unknown', fact, since: lapsedAt, ...lapsed };
  return { outcome: fact.outcome, fact, since: known.since };
}

/** Whether the fact leaves open what it was to show. */
export function saysNothing(fact: Fact): boolean {
  return fact.outcome === 'unknown' || (fact.outcome === 'ok' && fact.measured === undefined);
}

/** Written so that an instant that is none counts as past. */
function isStillBelieved({ believedUntil }: KnownFact, now: number): boolean {
  return now <= believedUntil;
}

/** The next instant, at or after `now`, after which some fact is believed no longer: what was judged at `now` holds no longer than that. */
export function nextLapse({ facts }: CanteenState, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const ofDevice of facts.values()) for (const known of ofDevice.values()) next = Math.min(next, lapseOf(known, now));
  return next;
}

/** The instant, at or after `now`, after which one fact is believed no longer. What is not believed does not lapse. */
export function lapseOf(known: KnownFact | undefined, now: number): number {
  return known !== undefined && isStillBelieved(known, now) ? known.believedUntil : Number.POSITIVE_INFINITY;
}

function isOf<Name extends CheckName>(fact: { check: CheckName } | undefined, check: Name): fact is FactOf<Name> {
  return fact?.check === check;
}
