// Could it be read what the gateway's own account may do on the device?
import type { FactOf } from '#contract/facts.ts';
import type { AccountObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** An account that may do too much is `ok` here: whether it may stands in the server's standard. */
export function account(observation: AccountObservation, validForMs: number): FactOf<'account'> {
  const base = { ...about(observation, validForMs), check: 'account' as const };
  if (observation.account.ok) return { ...base, outcome: 'ok', measured: observation.account.value };
  return { ...base, ...notSeen(observation.account, []) };
}
