// Who does the device say it is, and is it the one that was registered?
import type { FactOf } from '#contract/facts.ts';
import type { IdentityObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

export function identity(observation: IdentityObservation, validForMs: number): FactOf<'identity'> {
  const base = { ...about(observation, validForMs), check: 'identity' as const };
  const seen = observation.identity;
  if (seen.ok) return { ...base, outcome: 'ok', measured: seen.value };
  return { ...base, ...notSeen(seen, ['wrong-device', 'certificate']) };
}
