// Since when canteens have been without what was wrong: when the last of their gaps closed.
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** By canteen, ISO 8601. */
export async function lastClosed(db: Kysely<Tables>): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('gaps')
    .select(['canteen', (row) => row.fn.max('closed_at').as('at')])
    .where('closed_at', 'is not', null)
    .groupBy('canteen')
    .execute();
  return new Map(rows.flatMap(({ canteen, at }) => (at === null ? [] : [[canteen, at] as const])));
}
