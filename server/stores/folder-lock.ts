// Keeps a second server out of a folder: two would acknowledge, judge and number gaps without knowing of each other.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ServerError } from '../errors.ts';

/**
 * Holds `folder` until it is closed or the process ends, however it ends: it is the operating system that holds the lock of an open transaction.
 * Throws ServerError `in-use`, or `store-unusable` where the folder cannot be written.
 */
export function lockFolder(folder: string): { close(): void } {
  const file = join(folder, 'lock.db');
  try {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('begin exclusive');
    } catch (cause) {
      database.close();
      throw cause;
    }
    return { close: () => database.close() };
  } catch (cause) {
    if (isBusy(cause))
      throw new ServerError('in-use', `another server is at work in ${folder}: stop it first, or give this one another dataDir`, { cause });
    throw new ServerError('store-unusable', `${file} cannot be opened: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && (error as Error & { errcode?: number }).errcode === sqliteBusy;
}
