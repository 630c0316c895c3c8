// Copies a whole state database into another one, of whichever engine: for back-ups, and for moving from SQLite to PostgreSQL.
import { type Kysely, sql } from 'kysely';
import { ServerError } from '../errors.ts';
import { openDatabase } from './database.ts';
import type { Tables } from './tables.ts';

export interface StateAddress {
  url: string;
  password?: string;
}

type Row = Record<string, string | number | null>;
type Database = Kysely<Record<string, Row>>;

const rowsAtOnce = 500;

/**
 * `from` is copied as it stands at one moment: PostgreSQL may be in use, a file must not be. Nor may `to`, which holds nothing else afterwards but its audit, which
 * `from` must go on from: all of the copy or, where it fails, what it held before. Throws ServerError `in-use` or `store-unusable`.
 */
export async function copyState(from: StateAddress, to: StateAddress): Promise<void> {
  const live = from.url.startsWith('postgres:');
  const source = await openDatabase(from.url, from.password, live ? 'looking' : 'alone');
  try {
    const target = await openDatabase(to.url, to.password);
    try {
      await copyAll(generic(source), generic(target), live ? fromCursor : byNumber);
    } finally {
      await target.destroy();
    }
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    throw new ServerError(
      'store-unusable',
      `${from.url} cannot be copied to ${to.url}: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  } finally {
    await source.destroy();
  }
}

type Reader = (db: Database, table: string) => AsyncIterable<Row[]>;

async function copyAll(source: Database, target: Database, read: Reader): Promise<void> {
  const names = (await target.introspection.getTables()).map(({ name }) => name);
  await target.transaction().execute(async (into) => {
    await source
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (out) => {
        for (const name of names) {
          const kept = name === 'audit' ? await lastSequence(into) : await emptied(into, name);
          for await (const rows of read(out, name)) {
            const missing = rows.filter(({ sequence }) => kept === 0 || Number(sequence) > kept);
            if (missing.length > 0) await into.insertInto(name).values(missing).execute();
          }
        }
      });
  });
}

async function emptied(db: Database, table: string): Promise<0> {
  await db.deleteFrom(table).execute();
  return 0;
}

/** The audit is only ever added to. */
async function lastSequence(db: Database): Promise<number> {
  const last = await db.selectFrom('audit').select('sequence').orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  return Number(last?.sequence ?? 0);
}

/** The table is read piece by piece: it need not fit into memory. */
async function* fromCursor(db: Database, table: string): AsyncIterable<Row[]> {
  await sql`declare copied no scroll cursor for select * from ${sql.table(table)}`.execute(db);
  while (true) {
    const { rows } = await sql<Row>`fetch ${sql.lit(rowsAtOnce)} from copied`.execute(db);
    if (rows.length === 0) break;
    yield rows;
  }
  await sql`close copied`.execute(db);
}

/** The same of SQLite, which numbers the rows of every table. */
async function* byNumber(db: Database, table: string): AsyncIterable<Row[]> {
  for (let after = 0, found: Row[]; ; after = Number(found.at(-1)?.place)) {
    ({ rows: found } =
      await sql<Row>`select rowid as place, * from ${sql.table(table)} where rowid > ${after} order by rowid limit ${rowsAtOnce}`.execute(
        db,
      ));
    if (found.length === 0) return;
    yield found.map(({ place, ...row }) => row);
  }
}

/** Here a table is only a name and its rows. */
function generic(db: Kysely<Tables>): Database {
  return db.withTables<Record<string, Row>>();
}
