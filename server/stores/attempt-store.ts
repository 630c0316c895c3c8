// Keeps count of attempts to sign in, in the database, so that several servers count as one.
import type { Kysely } from 'kysely';
import { takeTurn } from './audit-store.ts';
import type { Tables } from './tables.ts';

export interface AttemptStore {
  /**
   * Counts one attempt under each of `keys` before it is known how it ends, so that many at once gain nothing; or, where one of them has to wait,
   * counts nothing and gives how long, in milliseconds. `waitMs`: how long a key waits after so many attempts in a row.
   */
  begin(keys: { key: string; waitMs: (attempts: number) => number }[], now: number): Promise<number>;
  /** It was no failure. `forget`: nor were those before of any account. */
  takeBack(about: { keys: string[]; forget: string[] }): Promise<void>;
}

/** Nobody remembers what is so long ago. */
const countedForMs = 3_600_000;
/** More keys than that are an attack by many addresses; what is oldest then is forgotten. */
const keysMax = 10_000;

export function attemptStore(db: Kysely<Tables>): AttemptStore {
  return {
    begin: (keys, now) =>
      db.transaction().execute(async (transaction) => {
        await takeTurn(transaction, 'attempts');
        await transaction
          .deleteFrom('attempts')
          .where('at', '<', instant(now - countedForMs))
          .execute();
        const rows = await transaction
          .selectFrom('attempts')
          .selectAll()
          .where(
            'key',
            'in',
            keys.map(({ key }) => key),
          )
          .execute();
        const counted = keys.map(({ key, waitMs }) => {
          const before = rows.find((row) => row.key === key);
          const failed = Number(before?.failures ?? 0);
          // However the clock was set in between, nobody waits longer than the rule says.
          const waitsMs = before === undefined ? 0 : Math.min(Date.parse(before.until) - now, waitMs(failed));
          return { key, failures: failed + 1, untilMs: now + waitMs(failed + 1), waitsMs };
        });
        const waitsMs = Math.max(...counted.map((each) => each.waitsMs));
        if (waitsMs > 0) return waitsMs;
        for (const { key, failures, untilMs } of counted) {
          const row = { failures, until: instant(untilMs), at: instant(now) };
          await transaction
            .insertInto('attempts')
            .values({ key, ...row })
            .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
            .execute();
        }
        const surplus = transaction
          .selectFrom('attempts')
          .select('key')
          .orderBy('at', 'desc')
          .orderBy('key')
          .offset(keysMax)
          .limit(keysMax);
        await transaction.deleteFrom('attempts').where('key', 'in', surplus).execute();
        return 0;
      }),
    takeBack: async ({ keys, forget }) => {
      await db
        .updateTable('attempts')
        .set((row) => ({ failures: row('failures', '-', 1), until: row.ref('at') }))
        .where('key', 'in', keys)
        .where('failures', '>', 0)
        .execute();
      await db.deleteFrom('attempts').where('key', 'in', forget).execute();
    },
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
