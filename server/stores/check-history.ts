// The rows that say what each check told from when to when: few, because what goes on being told is in the canteen's state until it ends.
import type { Kysely } from 'kysely';
import type { ToldSpan } from '../compliance/history.ts';
import { inserting } from './sized-statements.ts';
import type { Tables } from './tables.ts';

export interface HistoryQuery {
  canteen: string;
  device?: string;
  check?: ToldSpan['check'];
  /** Milliseconds since 1970: whatever was told in between. */
  from: number;
  to: number;
  /** At most so many, those that went on longest first: what has gone on since long before is not what is left out. */
  limit: number;
}

const instant = (ms: number) => new Date(ms).toISOString();

/** No row twice, as one statement may not write it twice; and one row for a check that went on being told the same, though each look came late. */
export function historyRows(told: ToldSpan[]): Tables['history'][] {
  const rows = new Map<string, Tables['history']>();
  const last = new Map<string, ToldSpan>();
  for (const next of told) {
    const check = `${next.canteen} ${next.device} ${next.check}`;
    const before = last.get(check);
    const span = before !== undefined && goesOn(before, next) ? { ...next, from: before.from } : next;
    last.set(check, span);
    rows.set(`${check} ${span.from}`, rowOf(span));
  }
  return [...rows.values()];
}

function goesOn(before: ToldSpan, next: ToldSpan): boolean {
  return before.outcome === next.outcome && before.fault === next.fault && before.from <= next.from && next.from <= before.until;
}

function rowOf({ canteen, device, check, from, until, outcome, fault }: ToldSpan): Tables['history'] {
  return { canteen, device, check_name: check, started_at: instant(from), ended_at: instant(until), outcome, fault: fault ?? null };
}

export const insertHistory = inserting(
  'history',
  ['canteen', 'device', 'check_name', 'started_at', 'ended_at', 'outcome', 'fault'],
  (insert) =>
    insert.onConflict((conflict) =>
      conflict.columns(['canteen', 'device', 'check_name', 'started_at']).doUpdateSet((row) => ({
        ended_at: row.ref('excluded.ended_at'),
        outcome: row.ref('excluded.outcome'),
        fault: row.ref('excluded.fault'),
      })),
    ),
);

export async function findHistory(db: Kysely<Tables>, { canteen, device, check, from, to, limit }: HistoryQuery): Promise<ToldSpan[]> {
  let query = db
    .selectFrom('history')
    .selectAll()
    .where('canteen', '=', canteen)
    .where('ended_at', '>', instant(from))
    .where('started_at', '<', instant(to))
    .orderBy('ended_at', 'desc')
    .limit(limit);
  if (device !== undefined) query = query.where('device', '=', device);
  if (check !== undefined) query = query.where('check_name', '=', check);
  return (await query.execute()).map((row) => ({
    canteen: row.canteen,
    device: row.device,
    check: row.check_name,
    from: Date.parse(row.started_at),
    until: Date.parse(row.ended_at),
    outcome: row.outcome,
    ...(row.fault !== null && { fault: row.fault }),
  }));
}
