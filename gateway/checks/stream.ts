// Does the stream open and decode?
import type { FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { StreamObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** Whether size and frame rate are enough stands in the server's standard. */
export function stream(observation: StreamObservation, validForMs: number): FactOf<'stream'> {
  const base = { ...about(observation, validForMs), check: 'stream' as const };
  const seen = observation.stream;
  if (seen.ok) return { ...base, outcome: 'ok', measured: seen.value };
  return { ...base, ...notSeen(seen, seenToBeWrong) };
}

/** A camera that refuses our password, or its stream port, is plainly not connected; one that is slow or busy may well be. */
const seenToBeWrong: FaultCode[] = [
  'no-stream',
  'does-not-decode',
  'stalled',
  'refused',
  'credentials-refused',
  'wrong-device',
  'certificate',
];
