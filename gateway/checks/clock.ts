// Could the device's clock be read, and what does it say?
import type { FactOf } from '#contract/facts.ts';
import type { ContactObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** A wrong clock is `ok` here: how wrong is too wrong stands in the server's standard. */
export function clock(observation: ContactObservation, validForMs: number): FactOf<'clock'> {
  const base = { ...about(observation, validForMs), check: 'clock' as const };
  if (observation.clock.ok) return { ...base, outcome: 'ok', measured: observation.clock.value };
  const { contact } = observation;
  const missing = contact.ok ? observation.clock : { fault: 'device-unreachable' as const, detail: contact.detail };
  return { ...base, ...notSeen(missing, []) };
}
