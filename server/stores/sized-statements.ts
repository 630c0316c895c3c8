// Statements about many things at once, in a few sizes: the query builder writes each once, and it stays prepared, so that one thing more costs its values only.
import { CompiledQuery, type DialectAdapter, type InsertQueryBuilder, type InsertResult, type Kysely, type QueryResult } from 'kysely';
import type { Tables } from './tables.ts';

/** SQLite binds 32,766 values at once, PostgreSQL 65,535. */
const sizes = [128, 32, 8, 2, 1] as const;

/**
 * `write` gives the statement about so many things, with one parameter for each value of each and no others. The returned function runs as many of them
 * as it takes.
 */
export function sized<Thing, Row = unknown>(
  write: (db: Kysely<Tables>, size: number) => { compile(): CompiledQuery<Row> },
  valuesOf: (thing: Thing) => readonly unknown[],
): (db: Kysely<Tables>, things: readonly Thing[]) => Promise<QueryResult<Row>[]> {
  const written = new WeakMap<DialectAdapter, Map<number, string>>();

  return async (db, things) => {
    const results: QueryResult<Row>[] = [];
    for (const some of inSizes(things))
      results.push(await db.executeQuery(CompiledQuery.raw(statement(db, some.length), some.flatMap(valuesOf)) as CompiledQuery<Row>));
    return results;
  };

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

/** Inserts rows of exactly these columns, and says how many were inserted or updated. `finish` says what is to happen on a conflict. */
export function inserting<Table extends keyof Tables>(
  table: Table,
  columns: readonly (keyof Tables[Table] & string)[],
  finish: (insert: InsertQueryBuilder<Tables, Table, InsertResult>) => InsertQueryBuilder<Tables, Table, InsertResult>,
): (db: Kysely<Tables>, rows: readonly Tables[Table][]) => Promise<number> {
  const anyRow = Object.fromEntries(columns.map((column) => [column, '']));
  const insert = sized<Tables[Table]>(
    (db, size) => finish(db.insertInto(table).values(Array(size).fill(anyRow))),
    (row) => columns.map((column) => row[column]),
  );
  return async (db, rows) => (await insert(db, rows)).reduce((sum, { numAffectedRows = 0n }) => sum + Number(numAffectedRows), 0);
}

function* inSizes<Thing>(things: readonly Thing[]): Generator<Thing[]> {
  for (let start = 0, size: number; start < things.length; start += size) {
    size = sizes.find((each) => each <= things.length - start) ?? 1;
    yield things.slice(start, start + size);
  }
}
