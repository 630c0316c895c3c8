// A SQLite file of one store's own, beside the state: how it is opened, and how a change to it is made whole.
import { DatabaseSync } from 'node:sqlite';
import { ServerError } from '../errors.ts';

/** Pages that are written again and again go from the log into the file once in 16 MB. */
export const forManyWrites = 'wal_autocheckpoint = 4000';
/** 8 MB: points go to so many places that more would not hold them either. */
const cache = 'cache_size = -8192';

/** `prepare` makes its tables; `what` names it in errors. `path` may be `:memory:`. Throws ServerError `store-unusable`. */
export function openSqliteFile(about: {
  path: string;
  what: string;
  synchronous: 'FULL' | 'NORMAL';
  prepare: (database: DatabaseSync) => void;
}): DatabaseSync {
  const { path, what, synchronous, prepare } = about;
  try {
    const database = new DatabaseSync(path);
    for (const pragma of ['busy_timeout = 5000', 'journal_mode = WAL', `synchronous = ${synchronous}`, cache, forManyWrites])
      database.exec(`pragma ${pragma}`);
    prepare(database);
    return database;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new ServerError('store-unusable', `${what} ${path} cannot be opened: ${why}`, { cause });
  }
}

/** All of it or, where it throws, nothing. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate');
  try {
    work();
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}
