// The columns of the state database, for the query builder. JSON is kept as text, instants as ISO 8601 in UTC.
import type { CheckName } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { AuditRow } from './audit-chain.ts';
import type { EnrolmentTables } from './enrolment-tables.ts';
import type { PeopleTables } from './people-tables.ts';

export interface Tables extends EnrolmentTables, PeopleTables {
  /** One row a canteen, locked by whoever changes anything of it. What was removed of its facts was so before `facts_since`. */
  versions: { canteen: string; version: number; facts_since: number };
  /** The parts of its state but for its facts, as JSON. */
  canteen_parts: { canteen: string; part: string; body: string };
  /** `version`, here and below: which of its canteen's versions wrote it last. */
  facts: { canteen: string; key: string; body: string; version: number };
  gaps: {
    canteen: string;
    id: string;
    rule: string;
    status: 'open' | 'closed';
    opened_at: string;
    closed_at: string | null;
    body: string;
    version: number;
  };
  events: { canteen: string; epoch: string; sequence: number; type: string; time: string; received_at: string; body: string };
  history: {
    canteen: string;
    device: string;
    check_name: CheckName;
    started_at: string;
    ended_at: string;
    outcome: Outcome;
    fault: FaultCode | null;
  };
  watermarks: { canteen: string; epoch: string; through: number; beyond: string; updated_at: string };
  quarantine: { id: number; canteen: string; topic: string; reason: string; payload: string; at: string };
  tallies: { name: string; value: number };
  audit: AuditRow;
  turns: { name: 'audit' | 'people' | 'attempts' | 'enrolment'; turn: number };
  /** One row: until when, in milliseconds since 1970, a server has listened and stored. */
  attendance: { id: number; until: number };
}
