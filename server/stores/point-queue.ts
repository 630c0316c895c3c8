// Points on their way to a store elsewhere, on disk until they are there, within a bound; and which hours they have changed since they were summed up.
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openSqliteFile } from './sqlite-file.ts';
import { hourOf, type Point } from './telemetry-store.ts';

export interface PointQueue {
  put(points: Point[]): void;
  /** The oldest batch that waits, as it was put. */
  next(): { id: number; points: Point[] } | undefined;
  /** These points of the batch have arrived: their hours are to be summed up. The rest of it is dropped. */
  arrived(id: number, points: Point[], now: number): void;
  /** Nobody will ever take the batch: it is forgotten and counted as dropped. */
  giveUp(id: number): void;
  /** The oldest hour that has changed and was left alone since `before`; both milliseconds since 1970. */
  changedHour(before: number): number | undefined;
  summedUp(hour: number): void;
  /** In points; `dropped` counts since the queue was created. */
  counts(): { waiting: number; dropped: number };
  close(): void;
}

const schema = `
  create table if not exists batches (id integer primary key autoincrement, size integer not null, points text not null) strict;
  create table if not exists changed_hours (hour integer primary key, changed_at integer not null) strict;
  create table if not exists dropped (count integer not null) strict;
  insert into dropped select 0 where not exists (select * from dropped);
`;

/** Beyond `pointsMax` the oldest batches are dropped and counted. Throws ServerError `store-unusable`. */
export function openPointQueue({ path, pointsMax }: { path: string; pointsMax: number }): PointQueue {
  const database = openSqliteFile({ path, what: 'the queue', synchronous: 'FULL', prepare: (file) => file.exec(schema) });
  const insert = database.prepare('insert into batches (size, points) values (?, ?)');
  const oldest = database.prepare('select id, points from batches order by id limit 1');
  const sizeOf = database.prepare('select size from batches where id = ?');
  const remove = database.prepare('delete from batches where id = ?');
  const addDropped = database.prepare('update dropped set count = count + ?');
  const markChanged = database.prepare('insert or replace into changed_hours values (?, ?)');
  const changed = database.prepare('select hour from changed_hours where changed_at < ? order by hour limit 1');
  const unmark = database.prepare('delete from changed_hours where hour = ?');
  let waiting = countOf(database, 'select coalesce(sum(size), 0) as count from batches');
  let dropped = countOf(database, 'select count from dropped');

  return {
    put: (points) =>
      whole(() => {
        insert.run(points.length, JSON.stringify(points.map(pack)));
        waiting += points.length;
        while (waiting > pointsMax && dropOldest());
      }),
    next() {
      const row = oldest.get();
      return row === undefined ? undefined : { id: Number(row.id), points: JSON.parse(String(row.points)).map(unpack) };
    },
    arrived: (id, points, now) =>
      whole(() => {
        forget(id, points.length);
        for (const hour of new Set(points.map(({ at }) => hourOf(at)))) markChanged.run(hour, now);
      }),
    giveUp: (id) => whole(() => forget(id, 0)),
    changedHour(before) {
      const row = changed.get(before);
      return row === undefined ? undefined : Number(row.hour);
    },
    summedUp: (hour) => void unmark.run(hour),
    counts: () => ({ waiting, dropped }),
    close: () => database.close(),
  };

  function forget(id: number, arrived: number): void {
    const size = Number(sizeOf.get(id)?.size ?? 0);
    remove.run(id);
    addDropped.run(size - arrived);
    waiting -= size;
    dropped += size - arrived;
  }

  function dropOldest(): boolean {
    const row = oldest.get();
    if (row !== undefined) forget(Number(row.id), 0);
    return row !== undefined;
  }

  /** What was counted is taken back with what was written. */
  function whole(work: () => void): void {
    const before = { waiting, dropped };
    try {
      inTransaction(database, work);
    } catch (error) {
      ({ waiting, dropped } = before);
      throw error;
    }
  }
}

function countOf(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.count);
}

type Packed = [Point['canteen'], Point['device'], Point['metric'], Point['at'], Point['value']];

function pack({ canteen, device, metric, at, value }: Point): Packed {
  return [canteen, device, metric, at, value];
}

function unpack([canteen, device, metric, at, value]: Packed): Point {
  return { canteen, device, metric, at, value };
}
