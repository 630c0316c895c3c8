// How do the device's digital inputs stand?
import type { FactOf } from '#contract/facts.ts';
import type { EventsObservation } from '../observation.ts';
import { about, notSeen, untold } from './verdict.ts';

/** An input that is active is no fault: what it means is known to whoever wired it. */
export function inputs(observation: EventsObservation, validForMs: number): FactOf<'inputs'> {
  const base = { ...about(observation, validForMs), check: 'inputs' as const };
  const measured = { inputs: observation.inputs.map(({ stale: _, ...input }) => input) };
  if (!observation.listening.ok) return { ...base, ...notSeen(observation.listening, []), measured };
  if (observation.inputs.some(({ stale }) => !stale)) return { ...base, outcome: 'ok', measured };
  return { ...base, ...untold('digital inputs'), measured };
}
