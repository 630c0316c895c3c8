// The state store: what it keeps, and that it keeps all of a change or nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import { fold } from '../../server/compliance/fold.ts';
import { noFacts } from '../../server/compliance/known-facts.ts';
import { type CanteenState, newCanteen } from '../../server/compliance/state.ts';
import { createHousekeeping } from '../../server/housekeeping.ts';
import { type Commit, epochsKept, quarantineKept } from '../../server/stores/commit.ts';
import { openDatabase } from '../../server/stores/database.ts';
import { lockFolder } from '../../server/stores/folder-lock.ts';
import type { StateStore } from '../../server/stores/state-store.ts';
import { silent } from './app-parts.ts';
import { heartbeat, instant, layout, loss, reachable, started } from './ingest-messages.ts';
import { openStateStore } from './open-state-store.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { commit, nothing, storedCanteens } from './store-changes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const empty = newCanteen('qiaodong', started);
const text = { zh: '文', en: 'text' };

function gap(id: string, about: Partial<Gap> = {}): Gap {
  return {
    ...{ id, canteen: 'qiaodong', rule: 'gateway-silent', gate: 'monitoring-connected', severity: 'major', certainty: 'unknown' },
    ...{ status: 'open', openedAt: instant(started), closedAt: null, foldedUnder: null, standard: 's@1' },
    ...{ measured: text, required: text, cause: text, fix: text, clause: text },
    ...about,
  };
}

function heardAgain(state: CanteenState): CanteenState {
  return fold(state, { kind: 'heartbeat', heartbeat: heartbeat().data }, started + 1);
}

function refused(count: number): Commit['refused'] {
  return Array.from({ length: count }, (_, index) => ({
    canteen: 'qiaodong',
    topic: 't',
    reason: `${index}`,
    payload: '',
    at: instant(started),
  }));
}

let postgres: RunningPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** A place for one store, empty, that is gone after the test. */
type Place = () => Promise<{ url: string; password?: string }>;

const engines: [engine: string, place: Place][] = [
  ['SQLite', async () => ({ url: `sqlite:${join(temporaryFolder(), 'state.db')}` })],
  ['PostgreSQL', () => postgres.createDatabase()],
];

describe.each(engines)('the state store on %s', (_, place) => {
  let at: Awaited<ReturnType<Place>>;
  let store: StateStore;

  beforeEach(async () => {
    at = await place();
    store = await openStateStore(at.url, at.password);
    onTestFinished(() => store.close());
  });

  async function reopen() {
    await store.close();
    store = await openStateStore(at.url, at.password);
  }

  test('what becomes of one canteen is decided while another is being written, and is written though the other fails', async () => {
    const states = ['qiaodong', 'heping', 'xinghua'].map((id) => newCanteen(id, started));
    await commit(store, { states: states.map((after) => ({ before: undefined, after })) });
    const order: string[] = [];
    const changes = states.map(async (before) => {
      const asked = { canteens: [before.canteen], known: () => ({ version: 1, state: before }) };
      await store.change(asked, () => {
        order.push(`${before.canteen} decided`);
        if (before.canteen === 'heping') throw new Error('no');
        return { ...nothing, attended: false, states: [{ before, after: heardAgain(before) }] };
      });
      order.push(`${before.canteen} written`);
    });
    expect(order).toEqual(['qiaodong decided', 'heping decided', 'xinghua decided']);
    await expect(changes[1]).rejects.toThrow('no');
    await Promise.all([changes[0], changes[2]]);
    expect(order.slice(3)).toEqual(['qiaodong written', 'xinghua written']);
    const stored = (await storedCanteens(store)).map(({ canteen, state }) => [canteen, state?.gateway.heardAt]);
    expect(new Map(stored as [string, number][])).toEqual(
      new Map([
        ['qiaodong', started + 1],
        ['heping', null],
        ['xinghua', started + 1],
      ]),
    );
  });

  test('what is in memory is read anew after a change that failed, since it may have been stored all the same', async () => {
    await commit(store, { states: [{ before: undefined, after: empty }] });
    // As where the answer to a change was lost: it is stored, and memory does not know.
    const asked = { canteens: ['qiaodong'], known: () => ({ version: 0, state: empty }) };
    const found: string[][] = [];
    const look = () => store.change(asked, ({ newer }) => void found.push(newer.map(({ canteen }) => canteen)));
    await look();
    const failed = store.change(asked, () => {
      throw new Error('the line is down');
    });
    await expect(failed).rejects.toThrow('the line is down');
    await look();
    expect(found).toEqual([[], ['qiaodong']]);
  });

  test('gives back the same state after it was closed and opened again', async () => {
    const inputs = [layout(1), reachable(2), reachable(3, { check: 'reachable', device: 'nvr-1' })];
    const after = inputs.reduce((state, event) => fold(state, { kind: 'event', event }, started), empty);
    await commit(store, { states: [{ before: undefined, after }], watermarks: [mark(3, [[5, 6]])] });
    await reopen();
    expect(await storedCanteens(store)).toMatchObject([{ state: after, watermarks: [mark(3, [[5, 6]])] }]);
  });

  test('takes apart what an older version stored whole', async () => {
    const inputs = [layout(1), loss(2, 1, 1)].map((event) => ({ kind: 'event' as const, event }));
    const whole = [...inputs, { kind: 'heartbeat' as const, heartbeat: heartbeat().data }].reduce(
      (state, input) => fold(state, input, started),
      empty,
    );
    await store.close();
    await asOlderVersion(at, '0009-canteen-parts', async (db) => {
      await db.schema.dropTable('canteen_parts').execute();
      await sql`create table canteens (canteen text primary key, body text not null)`.execute(db);
      await sql`insert into canteens values (${whole.canteen}, ${JSON.stringify({ ...whole, facts: {} })})`.execute(db);
      await sql`insert into versions (canteen, version, facts_since) values (${whole.canteen}, 1, 0)`.execute(db);
    });
    store = await openStateStore(at.url, at.password);
    expect((await storedCanteens(store)).map(({ state }) => state)).toEqual([whole]);
  });

  test('forgets the facts of a device that is no longer there', async () => {
    const before = fold(fold(empty, { kind: 'event', event: layout(1) }, started), { kind: 'event', event: reachable(2) }, started);
    await commit(store, { states: [{ before: undefined, after: before }] });
    await commit(store, { states: [{ before, after: { ...before, facts: noFacts } }] });
    expect((await storedCanteens(store)).map(({ state }) => state)).toEqual([{ ...before, facts: noFacts }]);
  });

  test('takes a thousand events at once, and each only once', async () => {
    const events = Array.from({ length: 1050 }, (_, index) => ({ canteen: 'qiaodong', event: reachable(index + 1), receivedAt: started }));
    await commit(store, { events });
    await commit(store, { events: events.slice(0, 300) });
    expect((await store.tallies()).eventsStored).toBe(1050);
  });

  test('keeps nothing of a change that fails half-way', async () => {
    const events = [{ canteen: 'qiaodong', event: reachable(1), receivedAt: started }];
    const unstorable = { ...gap('g1'), rule: null as unknown as string };
    await expect(commit(store, { events, watermarks: [mark(1, [])], gaps: [unstorable] })).rejects.toThrow(/not.null/i);
    expect((await store.tallies()).eventsStored).toBe(0);
    expect(await storedCanteens(store)).toEqual([]);
  });

  test('finds gaps by status, canteen and rule, those opened last first', async () => {
    const gaps = [
      gap('g1'),
      gap('g2', { openedAt: instant(started + 1000), rule: 'clock-off' }),
      gap('g3', { canteen: 'heping', openedAt: instant(started + 2000) }),
    ];
    await commit(store, { gaps });
    await commit(store, { gaps: [gap('g1', { status: 'closed', closedAt: instant(started + 5000) })] });
    const ids = async (query: Partial<Parameters<StateStore['gaps']>[0]>) =>
      (await store.gaps({ status: 'all', limit: 10, ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual(['g3', 'g2', 'g1']);
    expect(await ids({ status: 'open' })).toEqual(['g3', 'g2']);
    expect(await ids({ status: 'closed' })).toEqual(['g1']);
    expect(await ids({ canteen: 'qiaodong' })).toEqual(['g2', 'g1']);
    expect(await ids({ rule: 'clock-off' })).toEqual(['g2']);
    expect(await ids({ limit: 1 })).toEqual(['g3']);
    const open = (await storedCanteens(store)).flatMap((canteen) => canteen.open);
    expect(open.map(({ id }) => id).toSorted()).toEqual(['g2', 'g3']);
  });

  test('keeps the newest refused messages and counts them all', async () => {
    await commit(store, { refused: refused(quarantineKept) });
    await commit(store, { refused: refused(5) });
    expect((await store.tallies()).quarantined).toBe(quarantineKept + 5);
    expect(await store.quarantine(2 * quarantineKept)).toHaveLength(quarantineKept);
    expect((await store.quarantine(2)).map(({ reason }) => reason)).toEqual(['4', '3']);
  });

  test('keeps whatever a refused message may hold', async () => {
    await commit(store, {
      refused: [{ canteen: 'qiaodong', topic: 't', reason: 'a \0', payload: '\0\ud800', at: instant(started) }],
    });
    expect(await store.quarantine(1)).toMatchObject([{ reason: 'a \ufffd', payload: '\ufffd\ufffd' }]);
  });

  test('forgets what has expired in small steps, the oldest first, and leaves what is open', async () => {
    const events = Array.from({ length: 600 }, (_, index) => ({
      canteen: 'qiaodong',
      event: reachable(index + 1),
      receivedAt: started + index,
    }));
    const closed = gap('closed', { status: 'closed', closedAt: instant(started + 10) });
    const lately = gap('lately', { status: 'closed', closedAt: instant(started + 1000) });
    await commit(store, { events, gaps: [gap('open'), closed, lately] });
    const steps = [];
    for (let forgotten = -1; forgotten !== 0; steps.push(forgotten))
      forgotten = await store.prune({ events: started + 550, closedGaps: started + 500 });
    expect(steps).toEqual([251, 250, 50, 0]);
    expect((await store.gaps({ status: 'all', limit: 10 })).map(({ id }) => id).toSorted()).toEqual(['lately', 'open']);
    expect((await store.tallies()).eventsStored).toBe(600);
    await commit(store, { events });
    expect((await store.tallies()).eventsStored).toBe(600 + 550);
  });

  test('keeps the newest lives of each outbox only', async () => {
    for (let life = 0; life < epochsKept + 5; life++)
      await commit(store, {
        at: started + life,
        watermarks: [{ canteen: 'qiaodong', epoch: `e${life}`, through: 1, beyond: [] }],
      });
    await commit(store, { at: started, watermarks: [{ canteen: 'heping', epoch: 'e0', through: 1, beyond: [] }] });
    const epochs = (await storedCanteens(store)).flatMap(({ watermarks }) => watermarks).map(({ canteen, epoch }) => `${canteen} ${epoch}`);
    expect(epochs).toHaveLength(epochsKept + 1);
    expect(epochs).toContain('heping e0');
    expect(epochs).not.toContain('qiaodong e4');
  });
});

describe('forgetting', () => {
  test('goes on in small steps until nothing has expired, then rests for an hour, also after a failure', async () => {
    const asked: object[] = [];
    const waits: number[] = [];
    const prune = vi.fn(async (expiry: object) => (asked.push(expiry) < 3 ? 250 : 0)).mockRejectedValueOnce(new Error('disk full'));
    const rested = Promise.withResolvers<void>();
    const housekeeping = createHousekeeping({
      store: { prune },
      evidence: { prune: async () => false },
      telemetry: { prune: async () => false },
      keep: { eventsDays: 1, closedGapsDays: 2, evidenceDays: 3 },
      sleep: async (ms, signal) => {
        waits.push(ms);
        if (waits.length < 5) return;
        rested.resolve();
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
      },
      log: silent,
      now: () => started,
    });
    await rested.promise;
    await housekeeping.close();
    expect(waits).toEqual([3_600_000, 200, 200, 200, 3_600_000]);
    expect(asked[0]).toEqual({ events: started - 86_400_000, closedGaps: started - 2 * 86_400_000 });
  });
});

describe('forgetting in a store that several servers share', () => {
  test('begins when it is known who leads, and ends where the lead is lost; pictures are each server’s own', async () => {
    const waits: number[] = [];
    let leading = false;
    const prune = vi.fn(async () => 250);
    const prunePictures = vi.fn(async () => waits.length < 4);
    const rested = Promise.withResolvers<void>();
    const housekeeping = createHousekeeping({
      store: { prune },
      evidence: { prune: prunePictures },
      telemetry: { prune: async () => false },
      line: { leading: () => leading },
      firstAfterMs: 10_000,
      keep: { eventsDays: 1, closedGapsDays: 2, evidenceDays: 3 },
      sleep: async (ms, signal) => {
        waits.push(ms);
        leading = waits.length < 3;
        if (ms < 3_600_000) return;
        rested.resolve();
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
      },
      log: silent,
      now: () => started,
    });
    await rested.promise;
    await housekeeping.close();
    expect(waits).toEqual([10_000, 200, 200, 200, 200, 3_600_000]);
    expect([prune, prunePictures].map(({ mock }) => mock.calls.length)).toEqual([2, 4]);
  });
});

describe('on PostgreSQL', () => {
  test('one database is one server’s at a time, and of two that start at once one makes the tables', async () => {
    const { url, password } = await postgres.createDatabase();
    const both = await Promise.allSettled([openStateStore(url, password), openStateStore(url, password)]);
    const [opened, ...others] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(others).toEqual([]);
    expect(both).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'in-use' }) });
    if (opened !== undefined) await commit(opened, { gaps: [gap('g1')] });
    await opened?.close();
    const next = await openStateStore(url, password);
    expect(await storedCanteens(next)).toMatchObject([{ open: [gap('g1')] }]);
    await next.close();
  });

  test('a connection that is lost is made anew, and nothing of the change under way is kept', async () => {
    const { url, password } = await postgres.createDatabase();
    const store = await openStateStore(url, password);
    onTestFinished(() => store.close());
    await postgres.endConnections(url);
    await vi.waitFor(() => commit(store, { gaps: [gap('g1')] }));
    expect(await storedCanteens(store)).toMatchObject([{ open: [gap('g1')] }]);
  });

  test('a wrong password is told without it', async () => {
    const { url } = await postgres.createDatabase();
    const error = await openStateStore(url, 'a-secret-typed-wrong').catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'store-unusable', message: expect.stringMatching(/password authentication failed/) });
    expect(JSON.stringify(error) + String(error)).not.toContain('typed-wrong');
  });
});

test('a folder is one server’s at a time, and free again once that one has gone', () => {
  const folder = temporaryFolder();
  const first = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'in-use',
      message: `another server is at work in ${folder}: stop it first, or give this one another dataDir`,
    }),
  );
  first.close();
  lockFolder(folder).close();
  expect(() => lockFolder(join(folder, 'nowhere'))).toThrow(expect.objectContaining({ code: 'store-unusable' }));
});

test.each([
  ['mysql://127.0.0.1/mingzao', /no known kind; allowed: sqlite/],
  ['postgres://mingzao@127.0.0.1:9/mingzao', /cannot be brought up to date: connect ECONNREFUSED 127.0.0.1:9$/],
  ['sqlite:/nowhere/at/all/state.db', /cannot be opened/],
])('a store that cannot be used, %s, is told in a sentence', async (url, sentence) => {
  await expect(openStateStore(url)).rejects.toMatchObject({ code: 'store-unusable', message: expect.stringMatching(sentence) });
});

test('a file that is no database is told in a sentence', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'state.db'), 'This is not a database, it is a text file of more than a hundred bytes. '.repeat(20));
  await expect(openStateStore(`sqlite:${join(folder, 'state.db')}`)).rejects.toMatchObject({ code: 'store-unusable' });
});

/** Leaves the database as it was before `migration`, the latest, whose work `undo` undoes. */
async function asOlderVersion(
  { url, password }: Awaited<ReturnType<Place>>,
  migration: string,
  undo: (db: Awaited<ReturnType<typeof openDatabase>>) => Promise<void>,
): Promise<void> {
  const db = await openDatabase(url, password);
  await undo(db);
  await sql`delete from kysely_migration where name = ${migration}`.execute(db);
  await db.destroy();
}

function mark(through: number, beyond: [number, number][]) {
  return { canteen: 'qiaodong', epoch: 'epoch-1', through, beyond };
}
