// The thread that has a state database in SQLite open, and runs statements there.
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { forManyWrites } from './sqlite-file.ts';
import { serve } from './thread.ts';

export interface Statement {
  sql: string;
  parameters: readonly SQLInputValue[];
}

export interface Outcome {
  rows: Record<string, SQLOutputValue>[];
  /** Inserted, updated or removed; undefined of a statement that only reads. */
  changes?: number | bigint;
}

export type SqliteTasks = typeof tasks;

const statementsKept = 200;
const database = open(workerData);
const prepare = keepingRecent((sql) => database.prepare(sql));
const tasks = {
  /** One after the other, up to the first that fails. */
  run: (statements: Statement[]): Outcome[] => statements.map(runOne),
  /** Also where what was to begin never did. */
  rollback: () => {
    if (database.isTransaction) database.exec('rollback');
  },
  close: () => database.close(),
};
serve(tasks);

function runOne({ sql, parameters }: Statement): Outcome {
  const statement = prepare(sql);
  if (statement.columns().length > 0) return { rows: statement.all(...parameters) };
  return { rows: [], changes: statement.run(...parameters).changes };
}

/** `path` may be `:memory:`. */
function open({ path }: { path: string }): DatabaseSync {
  const opened = new DatabaseSync(path);
  // FULL: an acknowledged event is on the disk, not in a cache, when the power goes. The pages of hundreds of canteens stay in memory (16 MB).
  const pragmas = [
    'busy_timeout = 5000',
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    'cache_size = -16384',
    forManyWrites,
  ];
  for (const pragma of pragmas) opened.exec(`pragma ${pragma}`);
  return opened;
}

/** Preparing a statement of hundreds of rows costs more than running it, and the same few come again and again. */
function keepingRecent(prepareAnew: (sql: string) => StatementSync): (sql: string) => StatementSync {
  const kept = new Map<string, StatementSync>();
  return (sql) => {
    const statement = kept.get(sql) ?? prepareAnew(sql);
    kept.delete(sql);
    kept.set(sql, statement);
    const [oldest] = kept.keys();
    if (kept.size > statementsKept && oldest !== undefined) kept.delete(oldest);
    return statement;
  };
}
