// Does the picture show something?
import type { FactOf } from '#contract/facts.ts';
import type { SampleObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** From this share of dark pixels on, in per cent, a lens is covered or the sensor dead; a dark kitchen with one lamp lit stays below. */
const blackFromPercent = 98;

export function picture(observation: SampleObservation, validForMs: number): FactOf<'picture'> {
  const base = { ...about(observation, validForMs), check: 'picture' as const };
  const seen = observation.picture;
  if (!seen.ok) return { ...base, ...notSeen(seen, ['black']) };
  const { blackPercent } = seen.value;
  if (blackPercent < blackFromPercent) return { ...base, outcome: 'ok', measured: seen.value };
  const detail = `${blackPercent.toFixed(1)} % of the picture is black, ${blackFromPercent} % or more counts as black`;
  return { ...base, outcome: 'fault', fault: 'black', detail, measured: seen.value };
}
