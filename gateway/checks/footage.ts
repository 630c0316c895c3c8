// Did the recorder tell, completely, what it holds?
import type { FactOf } from '#contract/facts.ts';
import type { FootageObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** An incomplete answer proves neither that footage is there nor that it is missing: unknown. */
export function footage(observation: FootageObservation, validForMs: number): FactOf<'footage'> {
  const base = { ...about(observation, validForMs), check: 'footage' as const };
  const seen = observation.footage;
  if (!seen.ok) return { ...base, ...notSeen(seen, ['no-recordings', 'wrong-device', 'certificate']) };
  if (seen.value.complete) return { ...base, outcome: 'ok', measured: seen.value };
  const detail = 'the recorder did not declare its answer complete, or it was cut short';
  return { ...base, outcome: 'unknown', fault: 'incomplete', detail, measured: seen.value };
}
