// The thread that keeps telemetry in a SQLite file: the points, and beside them each hour's mean, least and most, kept up with every point.
import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { inTransaction, openSqliteFile } from './sqlite-file.ts';
import { dayMs, hourOf, type Point, type Sample, type SeriesQuery, type TelemetryKeep } from './telemetry-store.ts';
import { serve } from './thread.ts';

/** What such a thread is started with. */
export interface TelemetryFile {
  /** May be `:memory:`. */
  path: string;
  keep: TelemetryKeep;
}

export type TelemetryTasks = ReturnType<typeof open>;

/** Each step is run once; how many were is the file's `user_version`. */
const migrations = [
  `create table series (
     id integer primary key, canteen text not null, device text not null, metric text not null, unique (canteen, device, metric)
   ) strict;
   create table points (series integer not null, at integer not null, value real not null, primary key (series, at)) strict, without rowid;
   create table hours (
     series integer not null, at integer not null, count integer not null, sum real not null, min real not null, max real not null,
     primary key (series, at)
   ) strict, without rowid;`,
];

const seriesPerPrune = 200;

serve(open(workerData));

/** Throws ServerError `store-unusable`. */
function open({ path, keep }: TelemetryFile) {
  // NORMAL: a power cut may take the last second of points; what they came from is in the state store all the same.
  const database = openSqliteFile({ path, what: 'the telemetry', synchronous: 'NORMAL', prepare: migrate });
  const seriesId = createSeriesIds(database);
  const insert = database.prepare('insert into points values (?, ?, ?) on conflict do nothing');
  const addToHour = database.prepare(
    `insert into hours values (?, ?, 1, ?, ?, ?) on conflict do update
     set count = count + 1, sum = sum + excluded.sum, min = min(min, excluded.min), max = max(max, excluded.max)`,
  );
  const rawSeries = database.prepare(
    `select at, value as mean, value as min, value as max, 1 as count from points
     where series = ? and at >= ? and at < ? order by at limit ?`,
  );
  const hourSeries = database.prepare(
    'select at, sum / count as mean, min, max, count from hours where series = ? and at >= ? and at < ? order by at limit ?',
  );
  const someSeries = database.prepare('select id from series where id > ? order by id limit ?');
  const prunePoints = database.prepare('delete from points where series = ? and at < ?');
  const pruneHours = database.prepare('delete from hours where series = ? and at < ?');
  let prunedThrough = 0;

  return {
    write: (points: Point[]): void => inTransaction(database, () => points.forEach(add)),
    series: (query: SeriesQuery): Sample[] => {
      const { from, to, resolution, limit } = query;
      const statement = resolution === 'raw' ? rawSeries : hourSeries;
      const id = seriesId.find(query);
      return id === undefined ? [] : statement.all(id, from, to, limit).map(toSample);
    },
    /** Whether there is more to forget at `now`. */
    prune: (now: number): boolean => {
      const ids = someSeries.all(prunedThrough, seriesPerPrune).map(({ id }) => Number(id));
      inTransaction(database, () => {
        for (const id of ids) {
          prunePoints.run(id, now - keep.telemetryRawDays * dayMs);
          pruneHours.run(id, now - keep.telemetryHourlyDays * dayMs);
        }
      });
      prunedThrough = ids.length < seriesPerPrune ? 0 : (ids.at(-1) ?? 0);
      return prunedThrough > 0;
    },
    close: (): void => database.close(),
  };

  /** Only a point that was not there yet counts for its hour. */
  function add(point: Point): void {
    const id = seriesId.get(point);
    const { at, value } = point;
    if (Number(insert.run(id, at, value).changes) > 0) addToHour.run(id, hourOf(at), value, value, value);
  }
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('pragma user_version').get()?.user_version);
  if (version > migrations.length) throw new Error('it was written by a newer version of this program');
  inTransaction(database, () => {
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`pragma user_version = ${migrations.length}`);
  });
}

/** A series is named once; its points carry a number. */
function createSeriesIds(database: DatabaseSync) {
  const ids = new Map<string, number>();
  const insert = database.prepare('insert into series (canteen, device, metric) values (?, ?, ?) on conflict do nothing');
  const select = database.prepare('select id from series where canteen = ? and device = ? and metric = ?');
  type Name = Pick<SeriesQuery, 'canteen' | 'device' | 'metric'>;
  const find = ({ canteen, device, metric }: Name): number | undefined => {
    const row = select.get(canteen, device, metric);
    return row === undefined ? undefined : Number(row.id);
  };
  return {
    find,
    get(name: Name): number {
      // Joined: a template would keep its pieces beside the whole, for two hundred series of each canteen.
      const key = [name.canteen, name.device, name.metric].join(' ');
      const known = ids.get(key);
      if (known !== undefined) return known;
      insert.run(name.canteen, name.device, name.metric);
      const id = find(name) ?? 0;
      if (ids.size >= idsKept) ids.clear();
      ids.set(key, id);
      return id;
    },
  };
}

/** More series than two thousand canteens have. */
const idsKept = 500_000;

function toSample(row: Record<string, unknown>): Sample {
  return { at: Number(row.at), mean: Number(row.mean), min: Number(row.min), max: Number(row.max), count: Number(row.count) };
}
