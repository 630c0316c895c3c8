// Keeps telemetry in InfluxDB, or any server that speaks its version 1 protocol: database and retention policies are made here.
import { escape as escaped, InfluxDB } from 'influx';
import { ServerError } from '../errors.ts';
import {
  dayMs,
  hourMs,
  hourOf,
  type Point,
  type Sample,
  type SeriesQuery,
  type TelemetryKeep,
  type TelemetryStore,
} from './telemetry-store.ts';

export interface InfluxTelemetry extends TelemetryStore {
  /** Sums up one hour of every series, from the points that are there, in place of what was summed up before. */
  sumUp(hour: number): Promise<void>;
  /** Points measured before this are not taken any more: milliseconds since 1970. */
  takenSince(): number;
  /** Whether a write that failed with this error would fail for ever: what was sent is at fault, not the way or the server. */
  isHopeless(error: unknown): boolean;
}

const answerWithinMs = 20_000;
const measurement = 'points';
/** A point this close to the end of its time might be refused on the way. */
const marginMs = 600_000;

/** `http://user@host:port/database`, or https. Connects when it is first used. */
export function createInfluxTelemetry(deps: { url: string; password?: string; keep: TelemetryKeep; now: () => number }): InfluxTelemetry {
  const { keep, now } = deps;
  const { protocol, username, hostname, port, pathname } = new URL(deps.url);
  const database = decodeURIComponent(pathname.slice(1));
  const influx = new InfluxDB({
    ...{ host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)), protocol: protocol === 'https:' ? 'https' : 'http' },
    ...(username !== '' && { username: decodeURIComponent(username), password: deps.password ?? '' }),
    // Whoever calls tries again.
    ...{ database, pool: { maxRetries: 0, requestTimeout: answerWithinMs } },
  });
  let ready: Promise<void> | undefined;

  return {
    write: async (points) => {
      await setUp();
      await orSetUpAnew(influx.writePoints(points.map(toInflux), { database, precision: 'ms', retentionPolicy: 'raw' }));
    },
    series: (query) => orUnreachable(find(query)),
    sumUp: async (hour) => {
      await setUp();
      await orSetUpAnew(influx.query(sumUpQuery(database, hour), { method: 'POST' }));
    },
    takenSince: () => now() - keep.telemetryRawDays * dayMs + marginMs,
    isHopeless: (error) => statusOf(error) === badRequest,
    // The database forgets by itself, by its retention policies.
    prune: async () => false,
    close: async () => undefined,
  };

  async function find(query: SeriesQuery): Promise<Sample[]> {
    await setUp();
    const { from, to, resolution, limit } = query;
    if (resolution === 'raw') return ask(rawQuery(query));
    // Of hours whose points are all still there nothing need have been summed up yet.
    const border = Math.min(Math.max(from, hourOf(now() - keep.telemetryRawDays * dayMs) + hourMs), to);
    const older = from < border ? await ask(summedUpQuery({ ...query, to: border })) : [];
    const newer = border < to ? await ask(hourQuery({ ...query, from: border })) : [];
    return [...older, ...newer].slice(0, limit);
  }

  function setUp(): Promise<void> {
    ready ??= makeDatabase().catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return ready;
  }

  /** Each step changes nothing where it has been taken before. */
  async function makeDatabase(): Promise<void> {
    await influx.createDatabase(database);
    const known = (await influx.showRetentionPolicies(database)).map(({ name }) => name);
    const policies = { raw: keep.telemetryRawDays, hourly: keep.telemetryHourlyDays };
    for (const [name, days] of Object.entries(policies)) {
      const policy = { database, duration: `${days}d`, replication: 1, isDefault: name === 'raw' };
      await (known.includes(name) ? influx.alterRetentionPolicy(name, policy) : influx.createRetentionPolicy(name, policy));
    }
  }

  /** The database may have been dropped, or another server may stand there now. */
  async function orSetUpAnew<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      ready = undefined;
      throw error;
    }
  }

  async function ask(query: string): Promise<Sample[]> {
    const rows = await influx.query<{ time: Date; mean: number; min: number; max: number; count: number }>(query, {
      database,
      precision: 'ms',
    });
    return rows.map(({ time, mean, min, max, count }) => ({ at: new Date(time).getTime(), mean, min, max, count }));
  }
}

async function orUnreachable<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (cause) {
    throw new ServerError('telemetry-unreachable', 'the telemetry store cannot be asked at present; what is to be kept there waits', {
      cause,
    });
  }
}

const badRequest = 400;

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'res' in error ? (error.res as { statusCode?: number }).statusCode : undefined;
}

function toInflux({ canteen, device, metric, at, value }: Point) {
  return { measurement, tags: { canteen, device, metric }, fields: { value }, timestamp: at };
}

const sums = 'mean(value) as mean, min(value) as min, max(value) as max, count(value) as count';

function rawQuery(query: SeriesQuery): string {
  return `select value as mean, value as min, value as max, value * 0 + 1 as count from raw.${measurement} where ${matches(query)} limit ${query.limit}`;
}

function hourQuery(query: SeriesQuery): string {
  const hours = { ...query, from: hourOf(query.from + hourMs - 1), to: hourOf(query.to + hourMs - 1) };
  return `select ${sums} from raw.${measurement} where ${matches(hours)} group by time(1h) fill(none) limit ${query.limit}`;
}

function summedUpQuery(query: SeriesQuery): string {
  return `select mean, min, max, count from hourly.${measurement} where ${matches(query)} limit ${query.limit}`;
}

function sumUpQuery(database: string, hour: number): string {
  const into = `${escaped.quoted(database)}.hourly.${measurement}`;
  return `select ${sums} into ${into} from raw.${measurement} where time >= ${hour}ms and time < ${hour + hourMs}ms group by time(1h), * fill(none)`;
}

function matches({ canteen, device, metric, from, to }: SeriesQuery): string {
  const tags = Object.entries({ canteen, device, metric }).map(([tag, value]) => `${tag} = ${escaped.stringLit(value)}`);
  return [...tags, `time >= ${from}ms`, `time < ${to}ms`].join(' and ');
}
