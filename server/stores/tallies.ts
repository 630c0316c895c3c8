// Sums since the store was created, whatever has been forgotten since.
import { type CompiledQuery, type RawBuilder, SqliteAdapter, sql, type Transaction } from 'kysely';
import { runLast } from './sized-statements.ts';
import type { Tables } from './tables.ts';

type Sum = 'events' | 'quarantined';

/** Adds to a sum. */
export function tallied(db: Transaction<Tables>, name: Sum, more: RawBuilder<number>) {
  return db
    .insertInto('tallies')
    .values({ name, value: more })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((row) => ({ value: row('tallies.value', '+', row.ref('excluded.value')) })),
    );
}

/** Inserts by the end of the transaction, and counts what is really new: of what is there already nothing is inserted. */
export async function insertCounted(db: Transaction<Tables>, name: Sum, inserts: CompiledQuery[]): Promise<void> {
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    const counted = tallied(db, name, sql<number>`changes()`).compile();
    return runLast(
      db,
      inserts.flatMap((insert) => [insert, counted]),
    );
  }
  let inserted = 0;
  for (const insert of inserts) inserted += Number((await db.executeQuery(insert)).numAffectedRows ?? 0);
  if (inserted > 0) await tallied(db, name, sql.val(inserted)).execute();
}
