// The pictures the server has not yet stored: on disk before a fact names them, bounded, and whatever had to be dropped is counted.
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { pictureBytesMax } from '#contract/evidence.ts';
import { GatewayError } from './errors.ts';
import type { Log } from './log.ts';
import { inTransaction, isDiskFull, openStoreFile } from './store-file.ts';

export interface Evidence {
  /**
   * Gives the SHA-256 of the picture, 64 lower-case hex digits, once it is on the disk. Rejected with GatewayError `disk-full` where not
   * even dropping older pictures made room, `picture-too-large` where the server would not take it.
   */
  keep(jpeg: Buffer): Promise<string>;
  /** The newest picture that waits and is none of `tried`. Never throws: pictures that cannot be read must not hold up the facts. */
  next(tried: ReadonlySet<string>): KeptPicture | undefined;
  /** Forgets pictures the server has stored. */
  forget(sha256s: readonly string[]): void;
  /** `dropped` counts since the file was opened. */
  health(): { waiting: number; dropped: number };
  close(): void;
}

export interface KeptPicture {
  sha256: string;
  jpeg: Uint8Array;
}

export interface EvidenceDeps {
  file: string;
  /** Of the file. */
  maxBytes: number;
  now: () => number;
  log: Log;
}

/** Dropping makes room for this share of the whole, so that a full file does not drop and tell one picture at a time. */
const dropShare = 1 / 100;
/** The largest picture has room in place of so many usual ones. Where even that is not enough, others fill the disk, and dropping on would lose all for nothing. */
const roundsMax = 20;

/** Throws GatewayError `store-unusable` where the file cannot be used; a damaged one is moved aside. */
export function createEvidence({ file, maxBytes, now, log }: EvidenceDeps): Evidence {
  const database = openStoreFile(file, { schema, maxBytes, now, log });
  const pictures = createPictures(database);
  let waiting = pictures.count();
  let dropped = 0;
  let full = false;
  let unreadable = false;

  const insert = (picture: KeptPicture) =>
    fits(() => {
      waiting += pictures.insert(picture);
    });

  /** Drops the oldest until the picture fits. False: there is nothing to drop, or it does not help. */
  const makeRoomAndInsert = (picture: KeptPicture): boolean => {
    for (let round = 0; round < roundsMax; round += 1) {
      let count = 0;
      const room = fits(() => {
        count = pictures.dropOldest(Math.ceil(waiting * dropShare));
      });
      if (!room || count === 0) return false;
      waiting -= count;
      dropped += count;
      log.error({ count, dropped }, 'pictures were dropped that the server never got: there is no more room for them');
      if (insert(picture)) return true;
    }
    return false;
  };

  return {
    async keep(jpeg) {
      if (jpeg.length > pictureBytesMax)
        throw new GatewayError('picture-too-large', `a picture of ${jpeg.length} bytes; allowed: ${pictureBytesMax}`);
      const sha256 = createHash('sha256').update(jpeg).digest('hex');
      const kept = insert({ sha256, jpeg }) || makeRoomAndInsert({ sha256, jpeg });
      if (!kept && !full) log.error({ file }, 'the disk is full and no picture can be kept; repeats are not logged');
      full = !kept;
      if (full) throw new GatewayError('disk-full', `${file}: the disk, or what pictures may take of it, is full`);
      return sha256;
    },
    next(tried) {
      try {
        return pictures.newest(tried);
      } catch (err) {
        if (!unreadable) log.error({ err, file }, 'pictures kept as evidence cannot be read; repeats are not logged');
        unreadable = true;
        return undefined;
      }
    },
    forget(sha256s) {
      let count = 0;
      inTransaction(database, () => {
        for (const sha256 of sha256s) count += pictures.forget(sha256);
      });
      waiting -= count;
    },
    health: () => ({ waiting, dropped }),
    close: () => database.close(),
  };
}

function fits(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (isDiskFull(error)) return false;
    throw error;
  }
}

/** The same picture twice is one. */
const schema = `
  create table if not exists pictures (
    sequence integer primary key autoincrement, sha256 text not null unique, jpeg blob not null
  ) strict;
`;

/** The statements on the table of pictures. */
function createPictures(database: DatabaseSync) {
  const insert = database.prepare('insert into pictures (sha256, jpeg) values (?, ?) on conflict (sha256) do nothing');
  const count = database.prepare('select count(*) as count from pictures');
  const forget = database.prepare('delete from pictures where sha256 = ?');
  const dropOldest = database.prepare('delete from pictures where sequence in (select sequence from pictures order by sequence limit ?)');
  const names = database.prepare('select sha256 from pictures order by sequence desc');
  const jpegOf = database.prepare('select jpeg from pictures where sha256 = ?');

  return {
    insert: ({ sha256, jpeg }: KeptPicture) => Number(insert.run(sha256, jpeg).changes),
    count: () => Number(count.get()?.count),
    forget: (sha256: string) => Number(forget.run(sha256).changes),
    dropOldest: (number: number) => Number(dropOldest.run(number).changes),
    newest(except: ReadonlySet<string>): KeptPicture | undefined {
      for (const { sha256 } of names.iterate()) {
        if (typeof sha256 !== 'string' || except.has(sha256)) continue;
        const jpeg = jpegOf.get(sha256)?.jpeg;
        return jpeg instanceof Uint8Array ? { sha256, jpeg } : undefined;
      }
      return undefined;
    },
  };
}
