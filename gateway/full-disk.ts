// Lets a database go on when the disk is full: without room it cannot even delete, so some is set aside for that moment.
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Log } from './log.ts';

export interface FullDisk {
  /** The database has said that it cannot grow. Afterwards it can, in the place of what is deleted. */
  meet(): void;
  /** The database has taken something: now and then it is looked whether there is room again. */
  passed(): void;
  isFull(): boolean;
}

/** As much as SQLite may have to copy out of its log at once: a thousand pages, twice. */
const reserveBytesMost = 8_000_000;
/** Free room before some of it is set aside again, as a multiple of that: what is filling up is not to be fought over. */
const plenty = 4;
const lookEveryMs = 60_000;
const pageBytes = 4096;

/** `maxBytes` is the bound of the database itself, which is no full disk. */
export function createFullDisk(about: { database: DatabaseSync; file: string; maxBytes: number; now: () => number; log: Log }): FullDisk {
  const { database, file, maxBytes, now, log } = about;
  const reserve = `${file}.reserve`;
  const reserveBytes = Math.min(reserveBytesMost, maxBytes / 10);
  let full = false;
  let lookedAt = now();

  setAside(reserve, reserveBytes);
  return {
    meet() {
      // With room on the disk it is its own bound that it has come to.
      if (full || freeBytes(file) > reserveBytes) return;
      full = true;
      log.error({ file }, 'the disk is full: the oldest events make way for new ones');
      rmSync(reserve, { force: true });
      // Into the room that is free now goes what stands in the log, so that the log can be used again from its beginning. From here on nothing grows.
      database.exec('pragma wal_checkpoint(PASSIVE)');
      limitPages(database, pagesOf(database));
    },
    passed() {
      if (now() - lookedAt < lookEveryMs) return;
      lookedAt = now();
      if (!setAside(reserve, reserveBytes) || !full) return;
      full = false;
      limitPages(database, Math.floor(maxBytes / pageBytes));
      log.info({ file }, 'there is room on the disk again');
    },
    isFull: () => full,
  };
}

function pagesOf(database: DatabaseSync): number {
  return Number(database.prepare('pragma page_count').get()?.page_count);
}

function limitPages(database: DatabaseSync, count: number): void {
  database.exec(`pragma max_page_count = ${count}`);
}

function freeBytes(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}

/** Really written: a file with a hole in it sets nothing aside. False: there is not room enough. */
function setAside(file: string, bytes: number): boolean {
  if (existsSync(file)) return true;
  try {
    if (freeBytes(file) < plenty * bytes) return false;
    const handle = openSync(file, 'w', 0o600);
    try {
      writeSync(handle, Buffer.alloc(bytes, 1));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return true;
  } catch {
    rmSync(file, { force: true }); // half of it would only be in the way
    return false;
  }
}
