// Forgets what has expired of the state store's rows, in steps so small that storing never waits long.
import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** What was received, or closed, before these instants may be forgotten: milliseconds since 1970. */
export interface Expiry {
  events: number;
  closedGaps: number;
}

const rowsPerPrune = 250;

/** The oldest first; gives how many rows were forgotten. */
export async function pruneState(db: Transaction<Tables>, expiry: Expiry): Promise<number> {
  const before = (ms: number) => new Date(ms).toISOString();
  const events = db.selectFrom('events').where('received_at', '<', before(expiry.events)).orderBy('received_at').limit(rowsPerPrune);
  const gaps = db.selectFrom('gaps').where('closed_at', '<', before(expiry.closedGaps)).orderBy('closed_at').limit(rowsPerPrune);
  const history = db.selectFrom('history').where('ended_at', '<', before(expiry.events)).orderBy('ended_at').limit(rowsPerPrune);
  const forgotten = [
    await db
      .deleteFrom('events')
      .where((row) =>
        row(
          row.refTuple('canteen', 'epoch', 'sequence'),
          'in',
          events.select(['canteen', 'epoch', 'sequence']).$asTuple('canteen', 'epoch', 'sequence'),
        ),
      )
      .executeTakeFirst(),
    await db
      .deleteFrom('gaps')
      .where((row) => row(row.refTuple('canteen', 'id'), 'in', gaps.select(['canteen', 'id']).$asTuple('canteen', 'id')))
      .executeTakeFirst(),
    await db
      .deleteFrom('history')
      .where((row) =>
        row(
          row.refTuple('canteen', 'device', 'check_name', 'started_at'),
          'in',
          history.select(['canteen', 'device', 'check_name', 'started_at']).$asTuple('canteen', 'device', 'check_name', 'started_at'),
        ),
      )
      .executeTakeFirst(),
  ];
  return forgotten.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
}
