// The time of the database, by which every server on it goes: what one has written down another can judge, and no server's own clock can be wrong.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

export interface DatabaseClock {
  /** Milliseconds since 1970: the database's time when it was last asked, and what has passed since, whatever this machine's clock was set to. */
  now(): number;
  /** Asks the database, of PostgreSQL. */
  ask(db: Kysely<Tables>): Promise<void>;
}

export function createDatabaseClock(): DatabaseClock {
  let asked = { time: Date.now(), passed: performance.now() };
  return {
    now: () => Math.round(asked.time + performance.now() - asked.passed),
    ask: async (db) => {
      const before = performance.now();
      const { rows } = await sql<{ time: string }>`select extract(epoch from clock_timestamp()) * 1000 as time`.execute(db);
      asked = { time: Number(rows[0]?.time), passed: (before + performance.now()) / 2 };
    },
  };
}
