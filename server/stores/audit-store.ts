// Keeps the audit: each entry is chained to the one before it, one writer at a time, also where several servers share a database.
import type { Kysely, Transaction } from 'kysely';
import { type AuditEntry, type AuditHead, type AuditRow, beforeFirst, chained } from './audit-chain.ts';
import type { Tables } from './tables.ts';

export interface AuditStore {
  /** Resolves when the entry is stored. What cannot be noted down should not be done: let its rejection through. */
  record(entry: AuditEntry): Promise<void>;
  noted: Noted;
  /** In their order, those after entry `after`, at most `limit`. */
  after(after: number, limit: number): Promise<AuditRow[]>;
  /** Newest first, those before entry `before`, at most `limit`. */
  newest(about: { before?: number | undefined; limit: number }): Promise<AuditRow[]>;
  head(): Promise<AuditHead>;
  /** How many entries were ever made: no fewer may be there. */
  made(): Promise<number>;
}

/**
 * Does `work` and notes it down, in one transaction: neither is there without the other. `noting` may ask what came of it; where that gives no entry,
 * nothing was done that has to be noted.
 */
export type Noted = <Result>(noting: Noting<Result>, work: (transaction: Transaction<Tables>) => Promise<Result>) => Promise<Result>;

export type Noting<Result = unknown> = AuditEntry | ((result: Result) => AuditEntry[]);

/** `told` hears of every entry once it is stored, and must not throw. */
export function auditStore(db: Kysely<Tables>, told: (entry: AuditEntry, head: AuditHead) => void = () => undefined): AuditStore {
  const noted: Noted = async (noting, work) => {
    const { result, made } = await db.transaction().execute(async (transaction) => {
      const result = await work(transaction);
      const made: { entry: AuditEntry; head: AuditHead }[] = [];
      // Last, so that whoever waits for the turn does not wait for the work.
      for (const entry of typeof noting === 'function' ? noting(result) : [noting])
        made.push({ entry, head: await append(transaction, entry) });
      return { result, made };
    });
    for (const { entry, head } of made) told(entry, head);
    return result;
  };
  return {
    noted,
    record: (entry) => noted(entry, async () => undefined),
    after: async (after, limit) =>
      (await db.selectFrom('audit').selectAll().where('sequence', '>', after).orderBy('sequence').limit(limit).execute()).map(numbered),
    newest: async ({ before, limit }) => {
      let query = db.selectFrom('audit').selectAll().orderBy('sequence', 'desc').limit(limit);
      if (before !== undefined) query = query.where('sequence', '<', before);
      return (await query.execute()).map(numbered);
    },
    head: () => headOf(db),
    made: async () => {
      const { turn } = await db.selectFrom('turns').select('turn').where('name', '=', 'audit').executeTakeFirstOrThrow();
      return Number(turn);
    },
  };
}

async function append(db: Transaction<Tables>, entry: AuditEntry): Promise<AuditHead> {
  const sequence = await takeTurn(db, 'audit');
  const { hash: previous } = await headOf(db);
  const row = chained(entry, { sequence, previous });
  await db.insertInto('audit').values(row).execute();
  return { sequence, hash: row.hash };
}

/** Alone with what `name` stands for until the transaction ends; gives how many turns there were. */
export async function takeTurn(db: Transaction<Tables>, name: Tables['turns']['name']): Promise<number> {
  const { turn } = await db
    .updateTable('turns')
    .set((row) => ({ turn: row('turn', '+', 1) }))
    .where('name', '=', name)
    .returning('turn')
    .executeTakeFirstOrThrow();
  return Number(turn);
}

async function headOf(db: Kysely<Tables>): Promise<AuditHead> {
  const row = await db.selectFrom('audit').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  return row === undefined ? beforeFirst : { sequence: Number(row.sequence), hash: row.hash };
}

function numbered(row: AuditRow): AuditRow {
  return { ...row, sequence: Number(row.sequence) };
}
