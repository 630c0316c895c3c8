// Two servers on one PostgreSQL: whatever they do at the same time, they are as one.
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import { createCatchUp } from '../../server/catch-up.ts';
import type { Change } from '../../server/live.ts';
import { openDatabase } from '../../server/stores/database.ts';
import { createDatabaseClock } from '../../server/stores/database-clock.ts';
import { openLine } from '../../server/stores/postgres-line.ts';
import { stateStore } from '../../server/stores/state-store.ts';
import { acks, openParts, silent, standard } from './app-parts.ts';
import { event, heartbeat, layout, reachable, started, upMessage } from './ingest-messages.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { commit, storedCanteens } from './store-changes.ts';

const sleep = async (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal });
const awayAfterMs = 25_000;
const minute = 60_000;

let postgres: RunningPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

type Place = { url: string; password: string };

async function openShared({ url, password }: Place, self: string = crypto.randomUUID()) {
  const db = await openDatabase(url, password, 'shared');
  onTestFinished(() => db.destroy());
  return stateStore(db, { clock: createDatabaseClock(), self });
}

/** One server, without its connections to the outside. `clock` is that of the database. */
async function openServer(place: Place, clock: { now: number }) {
  const self = crypto.randomUUID();
  const parts = await openParts({ shared: await openShared(place, self), clock, awayAfterMs });
  const seen: Change[] = [];
  parts.live.listen((change) => seen.push(change));
  const hearOthers = () => {
    const catchUp = createCatchUp({ canteens: parts.canteens, everyMs: 5_000, sleep, log: silent });
    const line = openLine({ ...place, self, onChange: catchUp.hear, sleep, log: silent });
    onTestFinished(async () => {
      await line.close();
      await catchUp.close();
    });
    return line;
  };
  return { ...parts, seen, hearOthers };
}

async function openPair() {
  const place = await postgres.createDatabase();
  const clock = { now: started };
  const [a, b] = [await openServer(place, clock), await openServer(place, clock)];
  return { place, clock, a, b };
}

const gaps = ({ store }: Pick<Awaited<ReturnType<typeof openParts>>, 'store'>) => store.gaps({ status: 'all', limit: 1000 });
const about = ({ canteen, rule, zone, device }: Gap) => [canteen, rule, zone, device].join(' ');

describe('what is sent to both servers at once', () => {
  test('is stored once and folded once, is acknowledged, and opens each gap once, whoever comes first', { timeout: 60_000 }, async () => {
    const { a, b } = await openPair();
    let sent = 0;
    const portion = fc.record({ length: fc.integer({ min: 1, max: 4 }), first: fc.boolean(), sweeps: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(portion, { minLength: 1, maxLength: 4 }), async (portions) => {
        await Promise.all(
          portions.flatMap(({ length, first, sweeps }) => {
            const outcome = sent % 2 === 0 ? 'ok' : 'fault';
            const facts = Array.from({ length }, (_, index) => reachable(sent + index + 2, { outcome, at: started }));
            const message = upMessage('events', [layout(1), ...facts]);
            sent += length;
            const both = [a.ingest, b.ingest].map((ingest) => ingest.take(message));
            const rounds = sweeps ? [a, b].map(({ canteens }) => canteens.passTime({ leading: true })) : [];
            return first ? [...rounds, ...both] : [...both, ...rounds];
          }),
        );
        expect((await a.store.tallies()).eventsStored).toBe(sent + 1);
      }),
      { numRuns: 25 },
    );
    const open = (await gaps(a)).filter(({ status }) => status === 'open').map(about);
    expect(new Set(open).size).toBe(open.length);
    expect(open.length).toBeGreaterThan(1);
    const [stored] = (await storedCanteens(b.store)).filter(({ canteen }) => canteen === 'qiaodong');
    expect(stored?.watermarks).toMatchObject([{ through: sent + 1, beyond: [] }]);
    expect(stored?.state?.facts.get('cam-1')?.get('reachable')?.position.sequence).toBe(sent + 1);
    for (const { published } of [a, b]) expect(acks(published)).toContain(`epoch-1:${sent + 1}`);
  });

  test('opens one gap where both find it in the same moment, a hundred times', { timeout: 60_000 }, async () => {
    const { a, b, clock } = await openPair();
    for (let round = 1; round <= 100; round++) {
      clock.now += 1000;
      const outcome = round % 2 === 1 ? 'fault' : 'ok';
      const message = upMessage('events', [...(round === 1 ? [layout(1)] : []), reachable(round + 1, { outcome, at: clock.now })]);
      await Promise.all([a, b].map(({ ingest }) => ingest.take({ ...message, receivedAt: clock.now })));
    }
    const unreachable = (await gaps(a)).filter(({ device, rule }) => device === 'cam-1' && rule === 'camera-unreachable');
    expect(unreachable).toHaveLength(50);
    expect(unreachable.filter(({ status }) => status === 'open')).toEqual([]);
  });

  test('is refused once by each, under numbers that do not collide', async () => {
    const { a, b } = await openPair();
    await Promise.all([a, b].flatMap(({ ingest }) => Array.from({ length: 10 }, () => ingest.take(upMessage('events', '{ not json')))));
    expect((await a.store.tallies()).quarantined).toBe(20);
    expect(await a.store.quarantine(100)).toHaveLength(20);
  });
});

describe('what one server takes in', () => {
  test('is seen at once by the pages of the other, gaps that opened and closed as well', async () => {
    const { a, b } = await openPair();
    a.hearOthers();
    await b.ingest.take(upMessage('heartbeat', heartbeat()));
    await b.ingest.take(upMessage('events', [layout(1), reachable(2, { outcome: 'fault' })]));
    await b.ingest.take(upMessage('events', [reachable(3)]));
    const shown = () => a.canteens.find('qiaodong', started);
    await vi.waitFor(() => expect(shown()?.state.facts.get('cam-1')?.get('reachable')?.position.sequence).toBe(3));
    expect(shown()?.summary).toEqual(b.canteens.find('qiaodong', started)?.summary);
    const ids = (server: typeof a) =>
      server.canteens
        .find('qiaodong', started)
        ?.open.map(({ id }) => id)
        .toSorted();
    expect(ids(a)).toEqual(ids(b));
    const told = a.seen.flatMap((change) => (change.event === 'gap' ? [`${change.data.rule} ${change.data.status}`] : []));
    expect(told).toContain('camera-unreachable closed');
    expect(told).toContain('zone-without-healthy-camera open');
    expect(a.seen.filter(({ event: name }) => name === 'canteen').at(-1)?.data).toEqual(shown()?.summary);
  });

  test('is found by the other though no word of it came, also that a device was removed', async () => {
    const { a, b } = await openPair();
    await b.ingest.take(upMessage('events', [layout(1), reachable(2)]));
    await a.canteens.catchUp();
    expect([...(a.canteens.find('qiaodong', started)?.state.facts.keys() ?? [])]).toEqual(['cam-1']);
    const without = { schemaVersion: 1 as const, zones: [], cameras: [], recorders: [] };
    await b.ingest.take(upMessage('events', [event('cn.mingzao.layout.v1', 3, without)]));
    await a.canteens.catchUp();
    expect(a.canteens.find('qiaodong', started)?.state).toEqual(b.canteens.find('qiaodong', started)?.state);
  });

  test('makes no gateway silent for the other, that has heard nothing of it and leads', async () => {
    const { a, b, clock } = await openPair();
    await Promise.all([a, b].map(({ ingest }) => ingest.take(upMessage('heartbeat', heartbeat()))));
    for (let passed = 0; passed < 10 * minute; passed += 10_000) {
      clock.now += 10_000;
      await b.ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'qiaodong', clock.now));
      await a.canteens.passTime({ leading: true });
    }
    const silentOnes = (await gaps(a)).filter(({ rule }) => rule === 'gateway-silent').map(({ canteen }) => canteen);
    expect(silentOnes).toEqual(['heping']); // which is silent, and shows that the sweep finds such a gap
    await a.canteens.catchUp();
    expect(a.canteens.find('qiaodong', clock.now)?.summary.staleAt).not.toBeNull();
  });
});

test('a message that waited long at one server makes no gateway older than the other knows it', async () => {
  const { a, b, clock } = await openPair();
  clock.now += minute;
  await a.ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'qiaodong', clock.now));
  await b.ingest.take(upMessage('heartbeat', heartbeat(started), 'qiaodong', started));
  expect(Date.parse(b.canteens.find('qiaodong', clock.now)?.summary.heardAt ?? '')).toBe(clock.now);
});

describe('the time that nobody listened', () => {
  const expectedSince = async ({ store }: { store: Parameters<typeof storedCanteens>[0] }) =>
    (await storedCanteens(store)).find(({ canteen }) => canteen === 'qiaodong')?.state?.expectedSince;

  test('is none while one server does: neither a later start of the other nor its long sleep sets a clock back', async () => {
    const place = await postgres.createDatabase();
    const clock = { now: started };
    const a = await openServer(place, clock);
    const attend = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        clock.now += 5_000;
        await a.canteens.passTime({ leading: true });
      }
    };
    await attend(5 * minute);
    const b = await openServer(place, clock);
    expect(await expectedSince(a)).toBe(started);
    await attend(5 * minute);
    await b.canteens.passTime({ leading: false });
    await b.ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'heping', clock.now));
    expect(await expectedSince(a)).toBe(started);
    expect((await gaps(a)).filter(({ rule }) => rule === 'gateway-silent')).toHaveLength(2);
  });

  test('is held against no gateway, and counted once for both', async () => {
    const { a, b, clock } = await openPair();
    await a.ingest.take(upMessage('heartbeat', heartbeat()));
    clock.now += 60 * minute;
    await Promise.all([a, b].map(({ canteens }) => canteens.passTime({ leading: true })));
    expect(await expectedSince(a)).toBe(clock.now);
    expect((await gaps(a)).filter(({ status }) => status === 'open').map(({ rule }) => rule)).toEqual([]);
    clock.now += standard.gatewayHeard.silentAfterSeconds * 1000 + 1;
    await b.canteens.passTime({ leading: false });
    expect(b.canteens.find('qiaodong', clock.now)?.summary.verdict).toBe('unknown');
  });

  test('is not made by the clock of the database: where it is set back both go on from there', async () => {
    const { a, b, clock } = await openPair();
    await a.ingest.take(upMessage('heartbeat', heartbeat()));
    clock.now -= 60 * minute;
    await Promise.all([a, b].map(({ canteens }) => canteens.passTime({ leading: true })));
    await Promise.all([a, b].map(({ canteens }) => canteens.catchUp()));
    for (const { canteens } of [a, b]) expect(Date.parse(canteens.find('qiaodong', clock.now)?.summary.heardAt ?? '')).toBe(clock.now);
  });
});

test('of two acknowledgements that cross, the older one does not stay', async () => {
  const { a, b } = await openPair();
  await a.ingest.take(upMessage('events', [layout(1)]));
  await b.ingest.take(upMessage('events', [reachable(2)]));
  await a.canteens.catchUp();
  for (let round = 0; round < 3; round++) await a.ingest.correctAcks();
  await a.canteens.correctGaps();
  // Said again once; after that it is for whoever speaks next.
  expect(acks(a.published)).toEqual(['epoch-1:1', 'epoch-1:2']);
  const said = a.published.filter(({ topic }) => topic === 'mz/v1/qiaodong/gaps').at(-1)?.message as { data: { gaps: Gap[] } };
  const stored = (await storedCanteens(b.store)).find(({ canteen }) => canteen === 'qiaodong')?.open ?? [];
  expect(said.data.gaps.map(({ id }) => id).toSorted()).toEqual(stored.map(({ id }) => id).toSorted());
});

test('one server leads, and another as soon as that one is gone', async () => {
  const { a, b } = await openPair();
  const [first, second] = [a.hearOthers(), b.hearOthers()];
  await vi.waitFor(async () => expect(await first.lead()).toBe(true));
  expect(await second.lead()).toBe(false);
  expect([first.leading(), second.leading()]).toEqual([true, false]);
  await first.resign();
  expect([first.leading(), second.leading()]).toEqual([false, false]);
  expect([await second.lead(), await first.lead()]).toEqual([true, false]);
  expect([first.leading(), second.leading()]).toEqual([false, true]);
  await second.close();
  expect(second.leading()).toBe(false);
  await vi.waitFor(async () => expect(await first.lead()).toBe(true));
});

test('changes are heard again after the line was lost, and what was missed meanwhile is read', async () => {
  const { place, a, b } = await openPair();
  const line = a.hearOthers();
  await vi.waitFor(async () => expect(await line.lead()).toBe(true));
  await postgres.endConnections(place.url);
  await vi.waitFor(() => b.canteens.apply({ canteens: ['qiaodong'] }));
  await b.ingest.take(upMessage('events', [layout(1)]));
  await vi.waitFor(() => expect(a.canteens.find('qiaodong', started)?.state.layout).not.toBeNull(), 5_000);
});

test('the database’s clock is told, whatever this machine’s clock shows', async () => {
  const { url, password } = await postgres.createDatabase();
  const db = await openDatabase(url, password, 'shared');
  onTestFinished(() => db.destroy());
  const clock = createDatabaseClock();
  await clock.ask(db);
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  const shown = clock.now();
  vi.useRealTimers();
  expect(Math.abs(shown - Date.now())).toBeLessThan(1000);
});

test('a database that servers share is neither restored nor taken by one that cannot share it', async () => {
  const place = await postgres.createDatabase();
  const shared = await openShared(place);
  await commit(shared, { states: [] });
  await expect(openDatabase(place.url, place.password)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/telemetry\.url/),
  });
});
