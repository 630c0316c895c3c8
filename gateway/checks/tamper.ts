// Does the camera itself say that somebody tampers with it?
import { kindsOfLight } from '#contract/event-measured.ts';
import type { FactOf } from '#contract/facts.ts';
import type { EventsObservation } from '../observation.ts';
import { about, notSeen, untold } from './verdict.ts';

/** What was active when the line to the camera broke stays in what is told, so that a broken line puts nothing right. */
export function tamper(observation: EventsObservation, validForMs: number): FactOf<'tamper'> {
  const base = { ...about(observation, validForMs), check: 'tamper' as const };
  const { listening, tamper: told } = observation;
  const measured = { sources: told.map(({ stale: _, ...source }) => source) };
  if (!listening.ok) return { ...base, ...notSeen(listening, []), measured };
  const active = told.filter((source) => source.active && !kindsOfLight.has(source.kind));
  const now = active.find((source) => !source.stale);
  if (now !== undefined)
    return { ...base, outcome: 'fault', fault: 'tampered', detail: `${now.topic} of ${now.source}`.slice(0, 300), measured };
  if (active.length > 0)
    return {
      ...base,
      outcome: 'unknown',
      fault: 'incomplete',
      detail: 'it was tampered with, and has not told anew how it stands',
      measured,
    };
  return told.length > 0 && told.every((source) => !source.stale)
    ? { ...base, outcome: 'ok', measured }
    : { ...base, ...untold('tampering'), measured };
}
