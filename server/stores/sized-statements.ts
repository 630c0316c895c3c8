// Statements about many things at once, in a few sizes: the query builder writes each once, and it stays prepared, so that one thing more costs its values only.
import { CompiledQuery, type DialectAdapter, type InsertQueryBuilder, type InsertResult, type Kysely, type Transaction } from 'kysely';
import { commitsTogether } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Each is half of the one before, so that any number takes few statements. SQLite binds 32,766 values at once, PostgreSQL 65,535. */
const sizes = [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1] as const;

/**
 * `write` gives the statement about so many things, with one parameter for each value of each and no others. The returned function gives as many of them
 * as it takes.
 */
export function sized<Thing, Row = unknown>(
  write: (db: Kysely<Tables>, size: number) => { compile(): CompiledQuery<Row> },
  valuesOf: (thing: Thing) => readonly unknown[],
): (db: Kysely<Tables>, things: readonly Thing[]) => CompiledQuery<Row>[] {
  const written = new WeakMap<DialectAdapter, Map<number, string>>();

  return (db, things) =>
    inSizes(things).map((some) => CompiledQuery.raw(statement(db, some.length), some.flatMap(valuesOf)) as CompiledQuery<Row>);

  /** Each engine has its own way of writing it. */
  function statement(db: Kysely<Tables>, size: number): string {
    const { adapter } = db.getExecutor();
    const bySize = written.get(adapter) ?? new Map<number, string>();
    written.set(adapter, bySize);
    const known = bySize.get(size) ?? write(db, size).compile().sql;
    bySize.set(size, known);
    return known;
  }
}

/** Inserts rows of exactly these columns. `finish` says what is to happen on a conflict. */
export function inserting<Table extends keyof Tables>(
  table: Table,
  columns: readonly (keyof Tables[Table] & string)[],
  finish: (insert: InsertQueryBuilder<Tables, Table, InsertResult>) => InsertQueryBuilder<Tables, Table, InsertResult>,
): (db: Kysely<Tables>, rows: readonly Tables[Table][]) => CompiledQuery[] {
  const anyRow = Object.fromEntries(columns.map((column) => [column, '']));
  return sized<Tables[Table]>(
    (db, size) => finish(db.insertInto(table).values(Array(size).fill(anyRow))),
    (row) => columns.map((column) => row[column]),
  );
}

/** Runs these, in that order, by the end of the transaction at the latest: where the database is asked by messages, with the one that commits it. */
export async function runLast(db: Transaction<Tables>, queries: CompiledQuery[]): Promise<void> {
  await db.getExecutor().provideConnection(async (connection) => {
    if (commitsTogether(connection)) return connection.executeLast(queries);
    for (const query of queries) await connection.executeQuery(query);
  });
}

function inSizes<Thing>(things: readonly Thing[]): Thing[][] {
  const parts: Thing[][] = [];
  for (let start = 0, size: number; start < things.length; start += size) {
    size = sizes.find((each) => each <= things.length - start) ?? 1;
    parts.push(things.slice(start, start + size));
  }
  return parts;
}
