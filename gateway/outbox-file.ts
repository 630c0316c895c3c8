// The outbox's file: made, checked and, where it is damaged, moved aside so that the gateway can go on.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from './errors.ts';
import type { Log } from './log.ts';

export interface OutboxFile {
  database: DatabaseSync;
  epoch: string;
}

/** `newest` names, of each type and subject, the newest event that waits. AUTOINCREMENT: a sequence is never given twice. */
const schema = `
  create table if not exists life (epoch text not null) strict;
  create table if not exists events (
    sequence integer primary key autoincrement, type text not null, time text not null, data text not null
  ) strict;
  create table if not exists newest (
    type text not null, subject text not null, sequence integer not null, primary key (type, subject)
  ) strict, without rowid;
  create index if not exists newest_sequence on newest (sequence);
`;

/** `maxBytes`: beyond it the file says `disk-full`. Throws GatewayError `store-unusable`. */
export function openOutboxFile(file: string, { maxBytes, now, log }: { maxBytes: number; now: () => number; log: Log }): OutboxFile {
  try {
    return open(file, maxBytes);
  } catch (cause) {
    if (!isDamaged(cause)) throw unusable(file, cause);
    const aside = `${file}.damaged-${now()}`;
    for (const end of ['', '-wal']) if (existsSync(file + end)) renameSync(file + end, aside + end);
    log.error({ err: cause, aside }, 'the outbox is damaged and was moved aside; what was in it and not yet sent is lost');
    return open(file, maxBytes);
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

function open(file: string, maxBytes: number): OutboxFile {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    // EXCLUSIVE: a second gateway on the same file would send everything twice. FULL: stored means on the disk when the power goes.
    for (const pragma of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL']) database.exec(`pragma ${pragma}`);
    if (database.prepare('pragma quick_check(1)').get()?.quick_check !== 'ok') throw new DamagedFile();
    database.exec(schema);
    database.exec(`pragma max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
    return { database, epoch: epochOf(database) };
  } catch (cause) {
    database.close();
    throw cause;
  }
}

class DamagedFile extends Error {
  override name = 'DamagedFile';
}

function epochOf(database: DatabaseSync): string {
  const known = database.prepare('select epoch from life').get()?.epoch;
  if (typeof known === 'string') return known;
  const epoch = randomUUID();
  database.prepare('insert into life (epoch) values (?)').run(epoch);
  return epoch;
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
