// Lets the query builder use the SQLite that is built into Node, on a thread of its own: a disk that is slow to sync holds up nobody but who waits for it.
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteTasks, Statement } from './sqlite-thread.ts';
import { startThread, type Thread } from './thread.ts';

/** Opens `path` (or `:memory:`), makes it safe against power loss, and is rejected with node:sqlite's own error where it cannot. */
export async function sqliteDialect(path: string): Promise<Dialect> {
  const thread = await startThread<SqliteTasks>(new URL('./sqlite-thread.ts', import.meta.url), { path });
  return {
    createDriver: () => driverOf(thread),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** A connection that keeps statements for the end of a transaction: to begin and to end one costs no message of its own. */
interface CommitsTogether extends DatabaseConnection {
  /** They are run when the transaction is committed, right before. */
  executeLast(queries: CompiledQuery[]): void;
}

export function commitsTogether(connection: DatabaseConnection): connection is CommitsTogether {
  return 'executeLast' in connection;
}

/** The query builder sees to it that the one connection is used by one at a time. */
function driverOf(thread: Thread<SqliteTasks>): Driver {
  /** What goes before the next statement, and what before the end of the transaction. */
  let first: Statement[] = [];
  let last: Statement[] = [];
  const run = (statements: Statement[]) => {
    const all = [...first, ...statements];
    first = [];
    return thread.ask('run', all);
  };
  const connection: CommitsTogether = {
    executeQuery: async <Row>(query: CompiledQuery) => {
      const { rows = [], changes } = (await run([statementOf(query)])).at(-1) ?? {};
      return { rows: rows as Row[], ...(changes !== undefined && { numAffectedRows: BigInt(changes) }) };
    },
    executeLast: (queries) => last.push(...queries.map(statementOf)),
    streamQuery: () => {
      throw new Error('this database gives no streams: ask for some rows at a time');
    },
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    releaseConnection: async () => undefined,
    beginTransaction: async () => {
      first = [bare('begin')];
      last = [];
    },
    commitTransaction: async () => void (await run([...last, bare('commit')])),
    rollbackTransaction: async () => {
      first = [];
      await thread.ask('rollback', undefined);
    },
    destroy: thread.close,
  };
}

function bare(sql: string): Statement {
  return { sql, parameters: [] };
}

/** The query builder hands on what our own typed queries gave it: strings, numbers and null only. */
function statementOf({ sql, parameters }: CompiledQuery): Statement {
  return { sql, parameters: parameters as Statement['parameters'] };
}
