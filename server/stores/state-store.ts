// Keeps what the server must not forget: each canteen's state, its gaps, the event log, what was acknowledged, and what was refused.
import type { Kysely, Transaction } from 'kysely';
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { ToldSpan } from '../compliance/history.ts';
import type { CanteenState, KnownFact } from '../compliance/state.ts';
import { findHistory, type HistoryQuery, historyRows, insertHistory } from './check-history.ts';
import { openDatabase } from './database.ts';
import { type Expiry, pruneState } from './prune-state.ts';
import type { Tables } from './tables.ts';

/** What of one life of one canteen's outbox is accounted for: everything up to `through`, and the ranges beyond it, both ends included. */
export interface Watermark {
  canteen: string;
  epoch: string;
  through: number;
  beyond: [from: number, to: number][];
}

export interface ReceivedEvent {
  canteen: string;
  event: OutboxEvent;
  /** Milliseconds since 1970, by the server's clock. */
  receivedAt: number;
}

/** A message, or one event of a message, that could not be taken in. */
export interface Refused {
  canteen: string;
  topic: string;
  reason: string;
  /** The first 4 KiB of it, as text. */
  payload: string;
  at: string;
}

/** Everything one transaction writes. */
export interface Commit {
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  events: ReceivedEvent[];
  watermarks: Watermark[];
  refused: Refused[];
  states: { before: CanteenState | undefined; after: CanteenState }[];
  gaps: Gap[];
  history: ToldSpan[];
}

export interface GapQuery {
  status: 'open' | 'closed' | 'all';
  canteen?: string;
  rule?: string;
  /** At most so many, those opened last first. */
  limit: number;
}

export interface Tallies {
  eventsStored: number;
  quarantined: number;
}

export interface StateStore {
  states(): Promise<CanteenState[]>;
  watermarks(): Promise<Watermark[]>;
  gaps(query: GapQuery): Promise<Gap[]>;
  openGaps(): Promise<Gap[]>;
  history(query: HistoryQuery): Promise<ToldSpan[]>;
  /** Newest first. */
  quarantine(limit: number): Promise<Refused[]>;
  /** Since the store was created, whatever has been forgotten since. */
  tallies(): Promise<Tallies>;
  /** All of it or, where the promise is rejected, nothing. An event already stored is left as it is. */
  commit(change: Commit): Promise<void>;
  /** Forgets a few hundred of what has expired, the oldest first, and says how many: a small step, so that storing never waits long. */
  prune(expiry: Expiry): Promise<number>;
  close(): Promise<void>;
}

/** How many refused messages are kept; older ones are forgotten, though still counted. */
export const quarantineKept = 10_000;

/** How many lives of its outbox are remembered of each canteen, those heard of last: a sound gateway begins a new one once in years. */
export const epochsKept = 64;

/** Rows an insert carries at most: SQLite binds 32,766 values, PostgreSQL 65,535, and equal statements are prepared once. */
const rowsPerInsert = 100;

/**
 * Opens the store at `url` and brings its tables up to date. `sqlite:/path/to/file`, `sqlite::memory:` or `postgres://user@host:port/database`.
 * Throws ServerError `store-unusable`, or `in-use` where another server is at work in the same PostgreSQL database.
 */
export async function openStateStore(url: string, password?: string): Promise<StateStore> {
  return stateStore(await openDatabase(url, password));
}

/** On a database that is open already, and perhaps holds more than this. */
export function stateStore(db: Kysely<Tables>): StateStore {
  return {
    states: () => loadStates(db),
    watermarks: () => loadWatermarks(db),
    gaps: (query) => findGaps(db, query),
    openGaps: async () => (await db.selectFrom('gaps').select('body').where('status', '=', 'open').execute()).map(parsed<Gap>),
    history: (query) => findHistory(db, query),
    quarantine: (limit) =>
      db.selectFrom('quarantine').select(['canteen', 'topic', 'reason', 'payload', 'at']).orderBy('id', 'desc').limit(limit).execute(),
    tallies: () => readTallies(db),
    commit: (change) => db.transaction().execute((transaction) => write(transaction, change)),
    prune: (expiry) => db.transaction().execute((transaction) => pruneState(transaction, expiry)),
    close: () => db.destroy(),
  };
}

async function loadStates(db: Kysely<Tables>): Promise<CanteenState[]> {
  const states = (await db.selectFrom('canteens').select('body').execute()).map(parsed<CanteenState>);
  const byId = new Map(states.map((state) => [state.canteen, state]));
  for (const row of await db.selectFrom('facts').selectAll().execute()) {
    const state = byId.get(row.canteen);
    if (state !== undefined) state.facts[row.key] = parsed<KnownFact>(row);
  }
  return states;
}

async function loadWatermarks(db: Kysely<Tables>): Promise<Watermark[]> {
  const rows = await db.selectFrom('watermarks').selectAll().execute();
  return rows.map(({ canteen, epoch, through, beyond }) => ({
    canteen,
    epoch,
    through: Number(through),
    beyond: parsed<Watermark['beyond']>({ body: beyond }),
  }));
}

async function findGaps(db: Kysely<Tables>, { status, canteen, rule, limit }: GapQuery): Promise<Gap[]> {
  let query = db.selectFrom('gaps').select('body').orderBy('opened_at', 'desc').orderBy('id').limit(limit);
  if (status !== 'all') query = query.where('status', '=', status);
  if (canteen !== undefined) query = query.where('canteen', '=', canteen);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  return (await query.execute()).map(parsed<Gap>);
}

async function readTallies(db: Kysely<Tables>): Promise<Tallies> {
  const rows = await db.selectFrom('tallies').selectAll().execute();
  const value = (name: string) => Number(rows.find((row) => row.name === name)?.value ?? 0);
  return { eventsStored: value('events'), quarantined: value('quarantined') };
}

async function write(db: Transaction<Tables>, change: Commit): Promise<void> {
  await writeEvents(db, change.events);
  await writeWatermarks(db, change.watermarks, change.at);
  await writeStates(db, change.states);
  await writeGaps(db, change.gaps);
  for (const some of chunks(historyRows(change.history))) await insertHistory(db, some);
  await writeRefused(db, change.refused);
}

async function writeEvents(db: Transaction<Tables>, events: ReceivedEvent[]): Promise<void> {
  const rows = events.map(({ canteen, event, receivedAt }) => ({
    canteen,
    epoch: event.epoch,
    sequence: event.sequence,
    type: event.type,
    time: event.time,
    received_at: new Date(receivedAt).toISOString(),
    body: JSON.stringify(event),
  }));
  let stored = 0;
  for (const some of chunks(rows)) {
    const [result] = await db
      .insertInto('events')
      .values(some)
      .onConflict((conflict) => conflict.columns(['canteen', 'epoch', 'sequence']).doNothing())
      .execute();
    stored += Number(result?.numInsertedOrUpdatedRows ?? 0);
  }
  await tally(db, 'events', stored);
}

async function writeWatermarks(db: Transaction<Tables>, watermarks: Watermark[], at: number): Promise<void> {
  const updated_at = new Date(at).toISOString();
  const rows = watermarks.map(({ beyond, ...watermark }) => ({ ...watermark, beyond: JSON.stringify(beyond), updated_at }));
  for (const some of chunks(rows))
    await db
      .insertInto('watermarks')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['canteen', 'epoch']).doUpdateSet((row) => ({
          through: row.ref('excluded.through'),
          beyond: row.ref('excluded.beyond'),
          updated_at: row.ref('excluded.updated_at'),
        })),
      )
      .execute();
  for (const canteen of new Set(watermarks.map((mark) => mark.canteen))) await forgetOldEpochs(db, canteen);
}

async function forgetOldEpochs(db: Transaction<Tables>, canteen: string): Promise<void> {
  const ofCanteen = db.selectFrom('watermarks').where('canteen', '=', canteen);
  const { count } = await ofCanteen.select((row) => row.fn.countAll().as('count')).executeTakeFirstOrThrow();
  if (Number(count) <= epochsKept) return;
  const kept = ofCanteen.select('epoch').orderBy('updated_at', 'desc').orderBy('epoch').limit(epochsKept);
  await db.deleteFrom('watermarks').where('canteen', '=', canteen).where('epoch', 'not in', kept).execute();
}

/** Facts have rows of their own, so that one new fact does not write a canteen's hundred others again. */
async function writeStates(db: Transaction<Tables>, states: Commit['states']): Promise<void> {
  const bodies = states.filter(coreChanged).map(({ after }) => ({ canteen: after.canteen, body: JSON.stringify({ ...after, facts: {} }) }));
  for (const some of chunks(bodies))
    await db
      .insertInto('canteens')
      .values(some)
      .onConflict((conflict) => conflict.column('canteen').doUpdateSet((row) => ({ body: row.ref('excluded.body') })))
      .execute();
  for (const some of chunks(states.flatMap(changedFacts)))
    await db
      .insertInto('facts')
      .values(some)
      .onConflict((conflict) => conflict.columns(['canteen', 'key']).doUpdateSet((row) => ({ body: row.ref('excluded.body') })))
      .execute();
  for (const { before, after } of states)
    for (const key of Object.keys(before?.facts ?? {}).filter((known) => !(known in after.facts)))
      await db.deleteFrom('facts').where('canteen', '=', after.canteen).where('key', '=', key).execute();
}

/** The fold gives back what it leaves alone as the same object, so comparing references is enough. */
function coreChanged({ before, after }: Commit['states'][number]): boolean {
  if (before === undefined) return true;
  const { facts: _old, ...core } = before;
  return Object.entries(core).some(([key, value]) => value !== (after as unknown as Record<string, unknown>)[key]);
}

function changedFacts({ before, after }: Commit['states'][number]): Tables['facts'][] {
  return Object.entries(after.facts)
    .filter(([key, fact]) => before?.facts[key] !== fact)
    .map(([key, fact]) => ({ canteen: after.canteen, key, body: JSON.stringify(fact) }));
}

async function writeGaps(db: Transaction<Tables>, gaps: Gap[]): Promise<void> {
  const rows = gaps.map((gap) => ({
    canteen: gap.canteen,
    id: gap.id,
    rule: gap.rule,
    status: gap.status,
    opened_at: gap.openedAt,
    closed_at: gap.closedAt,
    body: JSON.stringify(gap),
  }));
  for (const some of chunks(rows))
    await db
      .insertInto('gaps')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['canteen', 'id']).doUpdateSet((row) => ({
          status: row.ref('excluded.status'),
          closed_at: row.ref('excluded.closed_at'),
          body: row.ref('excluded.body'),
        })),
      )
      .execute();
}

async function writeRefused(db: Transaction<Tables>, refused: Refused[]): Promise<void> {
  if (refused.length === 0) return;
  const { quarantined: before } = await readTallies(db);
  const rows = refused.map(({ canteen, at, ...said }, index) => ({
    ...{ id: before + index + 1, canteen, at },
    ...{ topic: storable(said.topic), reason: storable(said.reason), payload: storable(said.payload) },
  }));
  for (const some of chunks(rows)) await db.insertInto('quarantine').values(some).execute();
  await db
    .deleteFrom('quarantine')
    .where('id', '<=', before + refused.length - quarantineKept)
    .execute();
  await tally(db, 'quarantined', refused.length);
}

async function tally(db: Transaction<Tables>, name: string, more: number): Promise<void> {
  if (more === 0) return;
  await db
    .insertInto('tallies')
    .values({ name, value: more })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((row) => ({ value: row('tallies.value', '+', more) })))
    .execute();
}

function* chunks<Row>(rows: Row[]): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += rowsPerInsert) yield rows.slice(start, start + rowsPerInsert);
}

/** PostgreSQL keeps no NUL in a text, and a message that was refused may hold anything. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

/** What we wrote ourselves needs no second validation. */
function parsed<T>({ body }: { body: string }): T {
  return JSON.parse(body);
}
