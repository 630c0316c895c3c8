// The parts every fact is made of, so that a check only has to say what it judges.
import type { FaultCode } from '#contract/fault-code.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { Observation } from '../observation.ts';

/** What stands in every fact. `validForMs`: how long after looking the fact may be believed. */
export function about(observation: Observation, validForMs: number) {
  return {
    schemaVersion: 1 as const,
    device: observation.device,
    observedAt: observation.at,
    validUntil: new Date(Date.parse(observation.at) + validForMs).toISOString(),
  };
}

/** What was not seen is unknown, except where `faults` says that this very reason is what is wrong. */
export function notSeen(missing: { fault: FaultCode; detail: string }, faults: readonly FaultCode[]): NotSeen {
  return {
    outcome: faults.includes(missing.fault) ? 'fault' : 'unknown',
    fault: missing.fault,
    detail: missing.detail.slice(0, longestDetail),
  };
}

/** The device listens to us and never told of this. That nothing was told proves nothing, least of all that all is well. */
export function untold(what: string): NotSeen {
  return { outcome: 'unknown', fault: 'not-supported', detail: `the device has not told of ${what}` };
}

interface NotSeen {
  outcome: Outcome;
  fault: FaultCode;
  detail: string;
}

const longestDetail = 300; // the contract's limit
