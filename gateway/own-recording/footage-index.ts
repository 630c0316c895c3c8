// The index of the gateway's own footage: what lies on the disk, of which camera and of when. It can be made anew from the names of the files.
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Stretch } from '../recorders/spans.ts';
import type { KeptSegment } from './segment.ts';

export interface FootageIndex {
  /** Stored when it returns. A file that is known already is taken as it is now. */
  add(segments: readonly KeptSegment[]): void;
  remove(files: readonly string[]): void;
  files(): Set<string>;
  /** At most `count`, the oldest first. */
  oldest(count: number): KeptSegment[];
  newest(): KeptSegment | undefined;
  /** What of one camera lies inside `window`, oldest first. */
  within(camera: string, window: Stretch): KeptSegment[];
  /** How much was recorded of each camera since then, and how long that is. */
  recordedSince(at: number): { camera: string; bytes: number; seconds: number }[];
  heldBytes(): number;
  /** Which folder this is the index of. */
  folderId(): string | undefined;
  belongTo(folderId: string): void;
  /** When the gateway that kept it was last running. */
  lastAlive(): number | undefined;
  alive(at: number): void;
  close(): void;
}

const schema = `
  create table if not exists segments (
    file text primary key, camera text not null, "from" integer not null, "to" integer not null, bytes integer not null
  ) strict, without rowid;
  create index if not exists segments_by_time on segments ("from");
  create index if not exists segments_by_camera on segments (camera, "from");
  create table if not exists folder (id text not null) strict;
  create table if not exists life (at integer not null) strict;
`;

/** No segment is longer: where those that reach into a window have to be looked for. */
const segmentMsMax = 2 * 3_600_000;

/** Throws GatewayError `store-unusable`. A damaged file is thrown away: the folder tells the same. */
export function openFootageIndex(file: string, { log }: { log: Log }): FootageIndex {
  try {
    return over(open(file));
  } catch (cause) {
    if (!isDamaged(cause))
      throw new GatewayError('store-unusable', `${file}: it cannot be opened; the gateway must be able to read and write it`, { cause });
    log.error({ err: cause, file }, 'the index of the own recording is damaged and is made anew from the files');
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    return over(open(file));
  }
}

function open(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL']) database.exec(`pragma ${pragma}`);
    database.exec(schema);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function over(database: DatabaseSync): FootageIndex {
  const columns = 'file, camera, "from", "to", bytes';
  const insert = database.prepare(`insert or replace into segments (${columns}) values (?, ?, ?, ?, ?)`);
  const remove = database.prepare('delete from segments where file = ?');
  const all = database.prepare('select file from segments');
  const oldest = database.prepare(`select ${columns} from segments order by "from" limit ?`);
  const newest = database.prepare(`select ${columns} from segments order by "from" desc limit 1`);
  const within = database.prepare(
    `select ${columns} from segments where camera = ? and "from" > ? and "from" < ? and "to" > ? order by "from"`,
  );
  const since = database.prepare(
    'select camera, sum(bytes) as bytes, sum("to" - "from") / 1000.0 as seconds from segments where "from" >= ? group by camera',
  );
  const held = database.prepare('select coalesce(sum(bytes), 0) as bytes from segments');
  const inTransaction = (work: () => void) => {
    database.exec('begin immediate');
    try {
      work();
      database.exec('commit');
    } catch (cause) {
      database.exec('rollback');
      throw cause;
    }
  };

  return {
    add: (segments) =>
      inTransaction(() => {
        for (const { file, camera, from, to, bytes } of segments) insert.run(file, camera, from, to, bytes);
      }),
    remove: (files) =>
      inTransaction(() => {
        for (const file of files) remove.run(file);
      }),
    files: () => new Set(all.all().map(({ file }) => String(file))),
    oldest: (count) => oldest.all(count).map(asSegment),
    newest: () => newest.all().map(asSegment)[0],
    within: (camera, { from, to }) => within.all(camera, from - segmentMsMax, to, from).map(asSegment),
    recordedSince: (at) =>
      since.all(at).map(({ camera, bytes, seconds }) => ({ camera: String(camera), bytes: Number(bytes), seconds: Number(seconds) })),
    heldBytes: () => Number(held.get()?.bytes),
    folderId() {
      const id = database.prepare('select id from folder').get()?.id;
      return typeof id === 'string' ? id : undefined;
    },
    belongTo: (folderId) =>
      inTransaction(() => {
        database.exec('delete from folder');
        database.prepare('insert into folder (id) values (?)').run(folderId);
      }),
    lastAlive() {
      const at = database.prepare('select at from life').get()?.at;
      return typeof at === 'number' ? at : undefined;
    },
    alive: (at) =>
      inTransaction(() => {
        database.exec('delete from life');
        database.prepare('insert into life (at) values (?)').run(at);
      }),
    close: () => database.close(),
  };
}

function asSegment(row: Record<string, unknown>): KeptSegment {
  return { file: String(row.file), camera: String(row.camera), from: Number(row.from), to: Number(row.to), bytes: Number(row.bytes) };
}

/** sqlite3.h: SQLITE_CORRUPT, SQLITE_NOTADB. */
function isDamaged(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && [11, 26].includes(code & 0xff);
}
