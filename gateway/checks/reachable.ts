// Does the device answer on the network?
import type { FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { ContactObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** Whatever keeps a device from answering is a fault of this check; only our own failure to ask is not. */
export function reachable(observation: ContactObservation, validForMs: number): FactOf<'reachable'> {
  const { address, contact } = observation;
  const base = { ...about(observation, validForMs), check: 'reachable' as const };
  if (contact.ok) return { ...base, outcome: 'ok', measured: { address, roundTripMs: contact.value.roundTripMs } };
  const faults: FaultCode[] = contact.fault === 'internal' ? [] : [contact.fault];
  return { ...base, ...notSeen(contact, faults), measured: { address } };
}
