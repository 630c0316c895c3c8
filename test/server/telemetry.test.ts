// Numbers over time: the same of the embedded store and of a real InfluxDB, and what happens while that one is away.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openPointQueue } from '../../server/stores/point-queue.ts';
import { createInfluxTelemetry } from '../../server/stores/telemetry-influx.ts';
import { openSqliteTelemetry } from '../../server/stores/telemetry-sqlite.ts';
import type { Point, SeriesQuery, TelemetryStore } from '../../server/stores/telemetry-store.ts';
import { openTelemetry } from '../../server/telemetry.ts';
import { createDelivery } from '../../server/telemetry-delivery.ts';
import { createPointTaker } from '../../server/telemetry-taker.ts';
import { silent } from './app-parts.ts';
import { type RunningInflux, startInflux } from './influx.ts';
import { temporaryFolder } from './temporary-folder.ts';

const hour = 3_600_000;
const day = 24 * hour;
const keep = { telemetryRawDays: 14, telemetryHourlyDays: 400 };
/** Begins an hour; a real database goes by the real clock. */
const today = Math.floor(Date.now() / hour) * hour;

const sleep = async (ms: number, signal: AbortSignal) => delay(Math.min(ms, 20), undefined, { signal });

function point(at: number, value: number, about: Partial<Point> = {}): Point {
  return { canteen: 'qiaodong', device: 'cam-1', metric: 'mean-luma', at, value, ...about };
}

function asked(about: Partial<SeriesQuery>): SeriesQuery {
  return {
    canteen: 'qiaodong',
    device: 'cam-1',
    metric: 'mean-luma',
    from: today - day,
    to: today + hour,
    resolution: 'raw',
    limit: 100,
    ...about,
  };
}

let influx: RunningInflux;
beforeAll(async () => {
  influx = await startInflux();
});
afterAll(() => influx.close());

const kinds: [kind: string, open: () => Promise<TelemetryStore>][] = [
  ['embedded', () => openSqliteTelemetry({ path: join(temporaryFolder(), 'telemetry.db'), keep, now: Date.now })],
  ['InfluxDB', async () => createInfluxTelemetry({ ...influx.nameDatabase(), keep, now: Date.now })],
];

describe.each(kinds)('telemetry in the store that is %s', (_, open) => {
  let store: TelemetryStore;
  beforeEach(async () => {
    store = await open();
    onTestFinished(() => store.close());
  });

  test('gives back the points of one series, oldest first, and each once however often it was written', async () => {
    const points = [point(today + 2000, 80.5), point(today + 1000, 79)];
    await store.write([...points, point(today + 1000, 1, { device: 'cam-2' }), point(today + 1000, 2, { metric: 'black-percent' })]);
    await store.write(points);
    expect(await store.series(asked({}))).toEqual([
      { at: today + 1000, mean: 79, min: 79, max: 79, count: 1 },
      { at: today + 2000, mean: 80.5, min: 80.5, max: 80.5, count: 1 },
    ]);
    expect(await store.series(asked({ device: 'nobody' }))).toEqual([]);
  });

  test('gives only what lies in the time asked for, its end not included, and no more than asked for', async () => {
    await store.write([point(today - 3, 1), point(today - 2, 2), point(today - 1, 3), point(today, 4)]);
    const values = async (about: Partial<SeriesQuery>) => (await store.series(asked(about))).map(({ mean }) => mean);
    expect(await values({ from: today - 2, to: today })).toEqual([2, 3]);
    expect(await values({ limit: 2 })).toEqual([1, 2]);
  });

  test('gives mean, least and most of each hour, also of one that came days late', async () => {
    const late = today - 5 * day;
    await store.write([point(late + 1000, 10), point(late + hour - 1, 20), point(today - hour, 5), point(today + 1, -1)]);
    await store.write([point(late + 2000, 60)]);
    await store.write([point(late + 2000, 60)]);
    expect(await store.series(asked({ from: late, resolution: 'hour' }))).toEqual([
      { at: late, mean: 30, min: 10, max: 60, count: 3 },
      { at: today - hour, mean: 5, min: 5, max: 5, count: 1 },
      { at: today, mean: -1, min: -1, max: -1, count: 1 },
    ]);
    expect(await store.series(asked({ from: late + 1, to: today, resolution: 'hour' }))).toHaveLength(1);
  });

  test('takes a batch of thousands', async () => {
    const points = Array.from({ length: 5000 }, (_, index) => point(today - index * 1000, index));
    await store.write(points);
    expect(await store.series(asked({ limit: 10_000 }))).toHaveLength(5000);
  });
});

describe('embedded telemetry', () => {
  test('keeps points for their days and hours for theirs, and forgets in small steps', async () => {
    const store = await openSqliteTelemetry({ path: ':memory:', keep, now: () => today });
    onTestFinished(() => store.close());
    const devices = Array.from({ length: 250 }, (_, index) => ({ device: `cam-${index}` }));
    await store.write(devices.flatMap((about) => [401, 15, 13].map((days) => point(today - days * day, days, about))));
    expect([await store.prune(), await store.prune()]).toEqual([true, false]);
    const values = async (about: Partial<SeriesQuery>) =>
      (await store.series(asked({ from: 0, device: 'cam-249', ...about }))).map(({ mean }) => mean);
    expect(await values({ resolution: 'raw' })).toEqual([13]);
    expect(await values({ resolution: 'hour' })).toEqual([15, 13]);
  });

  test('has everything again when it is opened again', async () => {
    const path = join(temporaryFolder(), 'telemetry.db');
    const first = await openSqliteTelemetry({ path, keep, now: Date.now });
    await first.write([point(today, 1)]);
    await first.close();
    const second = await openSqliteTelemetry({ path, keep, now: Date.now });
    await second.write([point(today, 1), point(today + 1, 3)]);
    expect(await second.series(asked({ resolution: 'hour' }))).toEqual([{ at: today, mean: 2, min: 1, max: 3, count: 2 }]);
    await second.close();
  });

  test('that cannot be opened is told in a sentence', async () => {
    await expect(openSqliteTelemetry({ path: '/nowhere/telemetry.db', keep, now: Date.now })).rejects.toThrow(
      expect.objectContaining({
        code: 'store-unusable',
        message: expect.stringMatching(/^the telemetry \/nowhere\/telemetry.db cannot be opened/),
      }),
    );
  });
});

describe('InfluxDB', () => {
  test('has its database and retention policies made by the server, and changed with the settings', async () => {
    const at = influx.nameDatabase();
    for (const telemetryRawDays of [14, 14, 7]) {
      const store = createInfluxTelemetry({ ...at, keep: { ...keep, telemetryRawDays }, now: Date.now });
      await store.write([point(today, telemetryRawDays)]);
    }
    expect(await influx.retentionPolicies(at.url)).toMatchObject({ raw: '168h0m0s', hourly: '9600h0m0s' });
  });

  test('sums an hour up before its points are forgotten', async () => {
    const at = influx.nameDatabase();
    const store = createInfluxTelemetry({ ...at, keep, now: Date.now });
    const old = today - 10 * day;
    await store.write([point(old + 1, 1), point(old + 2, 3), point(old + hour, 9), point(old + 1, 7, { device: 'cam-2' })]);
    await store.sumUp(old);
    await store.sumUp(old);
    // To a server that keeps points for less, these are forgotten: only the sums are left.
    const shorter = createInfluxTelemetry({ ...at, keep: { ...keep, telemetryRawDays: 5 }, now: Date.now });
    expect(await shorter.series(asked({ from: old, resolution: 'hour' }))).toEqual([{ at: old, mean: 2, min: 1, max: 3, count: 2 }]);
  });

  test('that knows another password is told as trouble, and what is to be kept waits', async () => {
    const { url } = influx.nameDatabase();
    const telemetry = await openTelemetry({
      at: { url, password: 'a-secret-typed-wrong', queuePointsMax: 1000 },
      dataDir: temporaryFolder(),
      keep,
      sleep,
      log: silent,
      now: Date.now,
    });
    onTestFinished(() => telemetry.close());
    telemetry.take([point(today, 1)]);
    await vi.waitFor(() =>
      expect(telemetry.health()).toMatchObject({ waiting: 1, dropped: 0, trouble: expect.stringMatching(/authori[sz]|401/) }),
    );
    expect(telemetry.health().trouble).not.toContain('typed-wrong');
    await expect(telemetry.series(asked({}))).rejects.toMatchObject({ code: 'telemetry-unreachable', statusCode: 503 });
  });

  test('that is away for a while loses no point: they wait on the disk, through a restart of the server as well', async () => {
    const dataDir = temporaryFolder();
    const at = { ...influx.nameDatabase(), queuePointsMax: 100_000 };
    const open = () => openTelemetry({ at, dataDir, keep, sleep, log: silent, now: Date.now });
    const first = await open();
    first.take([point(today, 1)]);
    await vi.waitFor(async () => expect(await first.series(asked({}))).toHaveLength(1), 10_000);

    await influx.stop();
    for (let minute = 1; minute <= 60; minute++) first.take([point(today - minute * 60_000, minute)]);
    await vi.waitFor(() => expect(first.health()).toMatchObject({ waiting: 60, trouble: expect.stringMatching(/ECONNREFUSED/) }), 10_000);
    await first.close();
    const second = await open();
    onTestFinished(() => second.close());
    expect(second.health()).toMatchObject({ waiting: 60, dropped: 0 });

    await influx.startAgain();
    await vi.waitFor(() => expect(second.health()).toEqual({ waiting: 0, dropped: 0, trouble: undefined }), 20_000);
    expect(await second.series(asked({ from: today - 2 * hour }))).toHaveLength(61);
  });

  test('is not sent points older than it keeps; they are counted as dropped', async () => {
    const dataDir = temporaryFolder();
    const telemetry = await openTelemetry({
      at: { ...influx.nameDatabase(), queuePointsMax: 1000 },
      dataDir,
      keep,
      sleep,
      log: silent,
      now: Date.now,
    });
    onTestFinished(() => telemetry.close());
    telemetry.take([point(today - 20 * day, 1), point(today, 2)]);
    await vi.waitFor(() => expect(telemetry.health()).toEqual({ waiting: 0, dropped: 1, trouble: undefined }), 10_000);
    expect(await telemetry.series(asked({}))).toHaveLength(1);
  });
});

describe('delivery', () => {
  async function deliver(about: Partial<Parameters<typeof createDelivery>[0]['store']>, at: { now: number }) {
    const queue = openPointQueue({ path: ':memory:', pointsMax: 1000 });
    const store = { write: async () => undefined, sumUp: async () => undefined, takenSince: () => 0, isHopeless: () => false, ...about };
    const delivery = createDelivery({ queue, store, sleep, log: silent, now: () => at.now });
    onTestFinished(() => delivery.close());
    await delivery.write([point(today, 1), point(today + 1, 2)]);
    return delivery;
  }

  test('gives a batch up, counted, that the store will never take', async () => {
    const write = vi.fn().mockRejectedValueOnce(new Error('unable to parse'));
    const delivery = await deliver({ write, isHopeless: () => true }, { now: today });
    await vi.waitFor(() => expect(delivery.health()).toEqual({ waiting: 0, dropped: 2, trouble: undefined }));
    await delivery.write([point(today, 3)]);
    await vi.waitFor(() => expect(write).toHaveBeenLastCalledWith([point(today, 3)]));
  });

  test('has an hour summed up once it is over and nothing comes for it any more', async () => {
    const clock = { now: today + 30 * 60_000 };
    const sumUp = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined);
    const delivery = await deliver({ sumUp }, clock);
    await vi.waitFor(() => expect(delivery.health().waiting).toBe(0));
    clock.now = today + hour + 60_000;
    await vi.waitFor(() => expect(sumUp).toHaveBeenCalledTimes(2));
    expect(sumUp.mock.calls).toEqual([[today], [today]]);
  });
});

describe('the queue on the disk', () => {
  test('drops its oldest batches beyond its bound, and counts them through a restart', () => {
    const path = join(temporaryFolder(), 'queue.db');
    const queue = openPointQueue({ path, pointsMax: 5 });
    for (const value of [1, 2, 3]) queue.put([point(today, value), point(today + 1, value)]);
    expect(queue.counts()).toEqual({ waiting: 4, dropped: 2 });
    queue.close();
    const again = openPointQueue({ path, pointsMax: 5 });
    onTestFinished(() => again.close());
    expect(again.counts()).toEqual({ waiting: 4, dropped: 2 });
    expect(again.next()?.points).toEqual([point(today, 2), point(today + 1, 2)]);
  });

  test('knows which hours are to be summed up, once they are left alone', () => {
    const queue = openPointQueue({ path: ':memory:', pointsMax: 100 });
    onTestFinished(() => queue.close());
    const points = [point(today, 1), point(today - hour, 1)];
    queue.put(points);
    const batch = queue.next();
    queue.arrived(batch?.id ?? 0, points, 5000);
    expect(queue.counts()).toEqual({ waiting: 0, dropped: 0 });
    expect([queue.changedHour(5000), queue.changedHour(5001)]).toEqual([undefined, today - hour]);
    queue.summedUp(today - hour);
    expect(queue.changedHour(5001)).toBe(today);
  });
});

describe('taking points', () => {
  test('never waits nor fails: while nothing can be written they wait, up to a bound, and then are written in their order', async () => {
    const written: number[] = [];
    let broken = true;
    const write = async (points: Point[]) => {
      if (broken) throw new Error('disk full');
      written.push(...points.map(({ value }) => value));
    };
    const taker = createPointTaker({ write, sleep, log: silent });
    taker.take([point(today, 1), point(today, 2)]);
    await vi.waitFor(() => expect(taker.health()).toEqual({ waiting: 2, dropped: 0, trouble: 'disk full' }));
    taker.take(Array.from({ length: 250_000 }, () => point(today, 3)));
    expect(taker.health()).toMatchObject({ waiting: 200_000, dropped: 50_002 });
    broken = false;
    await vi.waitFor(() => expect(taker.health()).toMatchObject({ waiting: 0, trouble: undefined }));
    await taker.close();
    expect(written).toHaveLength(200_000);
    expect(written.slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('writes what is left when it is closed', async () => {
    const written: Point[] = [];
    const taker = createPointTaker({ write: async (points) => void written.push(...points), sleep: untilStopped, log: silent });
    taker.take([point(today, 1)]);
    await taker.close();
    expect(written).toEqual([point(today, 1)]);
  });

  test('lets one gateway that makes up devices fill no database', async () => {
    const taker = createPointTaker({ write: async () => undefined, sleep: untilStopped, log: silent });
    onTestFinished(() => taker.close());
    taker.take(Array.from({ length: 5005 }, (_, index) => point(today, 1, { device: `cam-${index}` })));
    taker.take([point(today, 1, { device: 'cam-5' }), point(today, 1, { canteen: 'heping' })]);
    expect(taker.health()).toMatchObject({ waiting: 5002, dropped: 5 });
  });
});

test('the embedded store needs no queue', async () => {
  const dataDir = temporaryFolder();
  const telemetry = await openTelemetry({
    at: { url: `sqlite:${join(dataDir, 'telemetry.db')}`, queuePointsMax: 1000 },
    dataDir,
    keep,
    sleep,
    log: silent,
    now: Date.now,
  });
  onTestFinished(() => telemetry.close());
  telemetry.take([point(today, 1)]);
  await vi.waitFor(async () => expect(await telemetry.series(asked({}))).toHaveLength(1));
  expect(existsSync(join(dataDir, 'telemetry-queue.db'))).toBe(false);
});

function untilStopped(_: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}
