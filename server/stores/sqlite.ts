// Lets the query builder use the SQLite that is built into Node, on a thread of its own: a disk that is slow to sync holds up nobody but who waits for it.
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
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

/** A connection that takes several statements at once, and so waits only once. */
interface ManyAtOnce extends DatabaseConnection {
  executeAll<Row>(queries: CompiledQuery<Row>[]): Promise<QueryResult<Row>[]>;
}

export function takesManyAtOnce(connection: DatabaseConnection): connection is ManyAtOnce {
  return 'executeAll' in connection;
}

/** The query builder sees to it that the one connection is used by one at a time. */
function driverOf(thread: Thread<SqliteTasks>): Driver {
  const executeAll: ManyAtOnce['executeAll'] = async <Row>(queries: CompiledQuery<Row>[]) => {
    const outcomes = await thread.ask('run', queries.map(statementOf));
    return outcomes.map(({ rows, changes }) => ({
      rows: rows as Row[],
      ...(changes !== undefined && { numAffectedRows: BigInt(changes) }),
    }));
  };
  const connection: ManyAtOnce = {
    executeAll,
    executeQuery: async (query) => {
      const [result] = await executeAll([query as CompiledQuery<never>]);
      return result ?? { rows: [] };
    },
    streamQuery: () => {
      throw new Error('this database gives no streams: ask for some rows at a time');
    },
  };
  const run = async (sql: string) => void (await executeAll([CompiledQuery.raw(sql)]));
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    releaseConnection: async () => undefined,
    beginTransaction: () => run('begin'),
    commitTransaction: () => run('commit'),
    rollbackTransaction: () => run('rollback'),
    destroy: thread.close,
  };
}

/** The query builder hands on what our own typed queries gave it: strings, numbers and null only. */
function statementOf({ sql, parameters }: CompiledQuery): Statement {
  return { sql, parameters: parameters as Statement['parameters'] };
}
