// Lets the query builder use the SQLite that is built into Node, in the shape it knows from better-sqlite3.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type Dialect, SqliteDialect } from 'kysely';
import { forManyWrites } from './sqlite-file.ts';

const statementsKept = 200;

/** Opens `path` (or `:memory:`), makes it safe against power loss, and throws node:sqlite's own error where it cannot. */
export function sqliteDialect(path: string): Dialect {
  const database = new DatabaseSync(path);
  // FULL: an acknowledged event is on the disk, not in a cache, when the power goes.
  for (const pragma of ['busy_timeout = 5000', 'journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', ...forManyWrites])
    database.exec(`pragma ${pragma}`);
  const prepare = keepingRecent((sql) => database.prepare(sql));
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => adapt(prepare(sql)),
    },
  });
}

function adapt(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...bindable(parameters)),
    run: (parameters: readonly unknown[]) => statement.run(...bindable(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...bindable(parameters)),
  };
}

/** The query builder hands on what our own typed queries gave it: strings, numbers and null only. */
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}

/** Preparing a statement of hundreds of rows costs more than running it, and the same few come again and again. */
function keepingRecent(prepare: (sql: string) => StatementSync): (sql: string) => StatementSync {
  const kept = new Map<string, StatementSync>();
  return (sql) => {
    const statement = kept.get(sql) ?? prepare(sql);
    kept.delete(sql);
    kept.set(sql, statement);
    const [oldest] = kept.keys();
    if (kept.size > statementsKept && oldest !== undefined) kept.delete(oldest);
    return statement;
  };
}
