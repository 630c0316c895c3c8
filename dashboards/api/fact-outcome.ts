// What may be said of one fact at one moment.
import type { CheckName, Fact } from '#contract/facts.ts';
import type { Outcome } from '#contract/primitives.ts';

// A clock that could be read may still be wrong, and what plays may be of another time: of these the gateway judges nothing, so they are never green by themselves.
export const readOnly: ReadonlySet<CheckName> = new Set(['identity', 'clock', 'footage', 'playback', 'inputs', 'account', 'coverage']);

/** `believable` is false while nothing is heard: then nothing can be known. */
export interface Moment {
  now: number;
  believable: boolean;
}

export function factOutcome(fact: Fact, { now, believable }: Moment): Outcome {
  return believable && Date.parse(fact.validUntil) > now ? fact.outcome : 'unknown';
}

/** `read` where it is known, and whether it is good is not for this fact to say. */
export function factMark(fact: Fact, moment: Moment): Outcome | 'read' {
  const outcome = factOutcome(fact, moment);
  return outcome === 'ok' && readOnly.has(fact.check) ? 'read' : outcome;
}
