// One SQLite file of the gateway's: made, checked and, where it is damaged, moved aside so that the gateway can go on.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from './errors.ts';
import type { Log } from './log.ts';

export interface StoreFileOptions {
  /** Tables as they should be, each `create … if not exists`. */
  schema: string;
  /** Beyond it the file says that the disk is full: see isDiskFull. */
  maxBytes: number;
  now: () => number;
  log: Log;
}

/** What it has committed is on the disk, also when the power goes. Throws GatewayError `store-unusable`. */
export function openStoreFile(file: string, options: StoreFileOptions): DatabaseSync {
  const { now, log } = options;
  try {
    return open(file, options);
  } catch (cause) {
    if (!isDamaged(cause)) throw unusable(file, cause);
    const aside = `${file}.damaged-${now()}`;
    for (const end of ['', '-wal']) if (existsSync(file + end)) renameSync(file + end, aside + end);
    log.error({ err: cause, file, aside }, 'a file is damaged and was moved aside; what was in it and not yet sent is lost');
    return open(file, options);
  }
}

/** All of it or nothing. */
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

/** SQLite's own default. */
const pageBytes = 4096;

/** sqlite3.h: SQLITE_FULL. */
export const isDiskFull = (error: unknown): boolean => codeOf(error) === 13;
/** sqlite3.h: SQLITE_CORRUPT, SQLITE_NOTADB. */
const isDamaged = (error: unknown): boolean => [11, 26].includes(codeOf(error) ?? 0) || error instanceof DamagedFile;
/** sqlite3.h: SQLITE_BUSY. */
const isTaken = (error: unknown): boolean => codeOf(error) === 5;

function open(file: string, { schema, maxBytes }: StoreFileOptions): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    // EXCLUSIVE: a second gateway on the same file would send everything twice. FULL: stored means on the disk when the power goes.
    for (const pragma of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL']) database.exec(`pragma ${pragma}`);
    if (database.prepare('pragma quick_check(1)').get()?.quick_check !== 'ok') throw new DamagedFile();
    database.exec(schema);
    database.exec(`pragma max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** The primary result code; extended ones carry it in their lowest byte. */
function codeOf(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function unusable(file: string, cause: unknown): GatewayError {
  const why = isTaken(cause) ? 'another gateway is using it' : `it cannot be opened (${cause instanceof Error ? cause.message : cause})`;
  return new GatewayError('store-unusable', `${file}: ${why}; each gateway needs a data directory of its own that it may write to`, {
    cause,
  });
}
