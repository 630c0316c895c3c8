// The time of the database, by which every server on it goes: what one has written down another can judge, and no server's own clock can be wrong.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

export interface DatabaseClock {
  /** Milliseconds since 1970: the database's time when it was last asked, and what has passed since, whatever this machine's clock was set back to. */
  now(): number;
  /** Asks the database, of PostgreSQL. */
  ask(db: Kysely<Tables>): Promise<void>;
}

export function createDatabaseClock(): DatabaseClock {
  let asked = { time: Date.now(), passed: performance.now(), here: Date.now() };
  return {
    // While a machine sleeps no time passes for its processes, and its own clock goes on. Too late is the safe side: nothing is believed for longer.
    now: () => Math.round(asked.time + Math.max(performance.now() - asked.passed, Date.now() - asked.here)),
    ask: async (db) => {
      const before = performance.now();
      const { rows } = await sql<{ time: string }>`select extract(epoch from clock_timestamp()) * 1000 as time`.execute(db);
      const tookMs = performance.now() - before;
      asked = { time: Number(rows[0]?.time), passed: before + tookMs / 2, here: Date.now() - tookMs / 2 };
    },
  };
}
