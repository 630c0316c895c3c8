// What one change of the state store writes, and the writing of it.
import { sql, type Transaction } from 'kysely';
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { ToldSpan } from '../compliance/history.ts';
import type { CanteenState, KnownFact } from '../compliance/state.ts';
import { historyRows, insertHistory } from './check-history.ts';
import { inserting, sized } from './sized-statements.ts';
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

/** How many refused messages are kept; older ones are forgotten, though still counted. */
export const quarantineKept = 10_000;

/** How many lives of its outbox are remembered of each canteen, those heard of last: a sound gateway begins a new one once in years. */
export const epochsKept = 64;

/** The canteens that `change` says anything new of. */
export function changedCanteens({ states, gaps, watermarks }: Commit): Set<string> {
  const changed = states.filter((state) => coreChanged(state) || changedFacts(state).length > 0).map(({ after }) => after);
  return new Set([...changed, ...gaps, ...watermarks].map(({ canteen }) => canteen));
}

/** `versions` are those the change makes of its canteens, whose rows the transaction has locked. */
export async function writeCommit(db: Transaction<Tables>, change: Commit, versions: ReadonlyMap<string, number>): Promise<void> {
  const version = (canteen: string) => versions.get(canteen) ?? 0;
  const eventsStored = await writeEvents(db, change.events);
  await writeWatermarks(db, change.watermarks, change.at);
  await writeStates(db, change.states, version);
  await writeGaps(db, change.gaps, version);
  await insertHistory(db, historyRows(change.history));
  // Every change of every server counts here: last, so that none has to wait for longer than another's last words.
  await tally(db, 'events', eventsStored);
  await writeRefused(db, change.refused);
}

async function writeEvents(db: Transaction<Tables>, events: ReceivedEvent[]): Promise<number> {
  const rows = events.map(({ canteen, event, receivedAt }) => ({
    canteen,
    epoch: event.epoch,
    sequence: event.sequence,
    type: event.type,
    time: event.time,
    received_at: new Date(receivedAt).toISOString(),
    body: JSON.stringify(event),
  }));
  return insertEvents(db, rows);
}

const insertEvents = inserting('events', ['canteen', 'epoch', 'sequence', 'type', 'time', 'received_at', 'body'], (insert) =>
  insert.onConflict((conflict) => conflict.columns(['canteen', 'epoch', 'sequence']).doNothing()),
);

async function writeWatermarks(db: Transaction<Tables>, watermarks: Watermark[], at: number): Promise<void> {
  const updated_at = new Date(at).toISOString();
  const rows = watermarks.map(({ beyond, ...watermark }) => ({ ...watermark, beyond: JSON.stringify(beyond), updated_at }));
  await insertWatermarks(db, rows);
  const results = await findCrowded(db, [...new Set(watermarks.map(({ canteen }) => canteen))]);
  for (const { canteen } of results.flatMap(({ rows: crowded }) => crowded)) await forgetOldEpochs(db, canteen);
}

const insertWatermarks = inserting('watermarks', ['canteen', 'epoch', 'through', 'beyond', 'updated_at'], (insert) =>
  insert.onConflict((conflict) =>
    conflict.columns(['canteen', 'epoch']).doUpdateSet((row) => ({
      through: row.ref('excluded.through'),
      beyond: row.ref('excluded.beyond'),
      updated_at: row.ref('excluded.updated_at'),
    })),
  ),
);

/** Those of the canteens of which more lives are remembered than are to be. */
const findCrowded = sized(
  (db, size) =>
    db
      .selectFrom('watermarks')
      .select('canteen')
      .where('canteen', 'in', Array(size).fill(''))
      .groupBy('canteen')
      .having(sql<boolean>`count(*) > ${sql.lit(epochsKept)}`),
  (canteen: string) => [canteen],
);

async function forgetOldEpochs(db: Transaction<Tables>, canteen: string): Promise<void> {
  const ofCanteen = db.selectFrom('watermarks').where('canteen', '=', canteen);
  const kept = ofCanteen.select('epoch').orderBy('updated_at', 'desc').orderBy('epoch').limit(epochsKept);
  await db.deleteFrom('watermarks').where('canteen', '=', canteen).where('epoch', 'not in', kept).execute();
}

type VersionOf = (canteen: string) => number;

/** Facts have rows of their own, so that one new fact does not write a canteen's hundred others again. */
async function writeStates(db: Transaction<Tables>, states: Commit['states'], version: VersionOf): Promise<void> {
  const bodies = states.filter(coreChanged).map(({ after }) => ({ canteen: after.canteen, body: JSON.stringify({ ...after, facts: {} }) }));
  await insertCanteens(db, bodies);
  const facts = states.flatMap((state) => changedFacts(state).map(([key, fact]) => ({ canteen: state.after.canteen, key, fact })));
  const rows = facts.map(({ canteen, key, fact }) => ({ canteen, key, body: JSON.stringify(fact), version: version(canteen) }));
  await insertFacts(db, rows);
  for (const state of states) await removeFacts(db, state, version);
}

const insertCanteens = inserting('canteens', ['canteen', 'body'], (insert) =>
  insert.onConflict((conflict) => conflict.column('canteen').doUpdateSet((row) => ({ body: row.ref('excluded.body') }))),
);
const insertFacts = inserting('facts', ['canteen', 'key', 'body', 'version'], (insert) =>
  insert.onConflict((conflict) =>
    conflict.columns(['canteen', 'key']).doUpdateSet((row) => ({ body: row.ref('excluded.body'), version: row.ref('excluded.version') })),
  ),
);

/** The fold gives back what it leaves alone as the same object, so comparing references is enough. */
function coreChanged({ before, after }: Commit['states'][number]): boolean {
  if (before === undefined) return true;
  const { facts: _old, ...core } = before;
  return Object.entries(core).some(([key, value]) => value !== (after as unknown as Record<string, unknown>)[key]);
}

function changedFacts({ before, after }: Commit['states'][number]): [key: string, fact: KnownFact][] {
  const changed: [string, KnownFact][] = [];
  if (before?.facts === after.facts) return changed;
  for (const key in after.facts) {
    const fact = after.facts[key];
    if (fact !== undefined && before?.facts[key] !== fact) changed.push([key, fact]);
  }
  return changed;
}

/** Whoever has an older version in memory could not see that they are gone. */
async function removeFacts(db: Transaction<Tables>, { before, after }: Commit['states'][number], version: VersionOf): Promise<void> {
  if (before === undefined || before.facts === after.facts) return;
  const removed = Object.keys(before.facts).filter((known) => !(known in after.facts));
  if (removed.length === 0) return;
  const { canteen } = after;
  for (const key of removed) await db.deleteFrom('facts').where('canteen', '=', canteen).where('key', '=', key).execute();
  await db
    .updateTable('versions')
    .set({ facts_since: version(canteen) })
    .where('canteen', '=', canteen)
    .execute();
}

async function writeGaps(db: Transaction<Tables>, gaps: Gap[], version: VersionOf): Promise<void> {
  const rows = gaps.map((gap) => ({
    canteen: gap.canteen,
    id: gap.id,
    rule: gap.rule,
    status: gap.status,
    opened_at: gap.openedAt,
    closed_at: gap.closedAt,
    body: JSON.stringify(gap),
    version: version(gap.canteen),
  }));
  await insertGaps(db, rows);
}

const insertGaps = inserting('gaps', ['canteen', 'id', 'rule', 'status', 'opened_at', 'closed_at', 'body', 'version'], (insert) =>
  insert.onConflict((conflict) =>
    conflict.columns(['canteen', 'id']).doUpdateSet((row) => ({
      status: row.ref('excluded.status'),
      closed_at: row.ref('excluded.closed_at'),
      body: row.ref('excluded.body'),
      version: row.ref('excluded.version'),
    })),
  ),
);

async function writeRefused(db: Transaction<Tables>, refused: Refused[]): Promise<void> {
  if (refused.length === 0) return;
  // Counted first: of two servers, each gets numbers of its own.
  const counted = await tally(db, 'quarantined', refused.length);
  const before = counted - refused.length;
  const rows = refused.map(({ canteen, at, ...said }, index) => ({
    ...{ id: before + index + 1, canteen, at },
    ...{ topic: storable(said.topic), reason: storable(said.reason), payload: storable(said.payload) },
  }));
  await insertRefused(db, rows);
  await db
    .deleteFrom('quarantine')
    .where('id', '<=', counted - quarantineKept)
    .execute();
}

const insertRefused = inserting('quarantine', ['id', 'canteen', 'topic', 'reason', 'payload', 'at'], (insert) => insert);

/** Gives the sum so far. */
async function tally(db: Transaction<Tables>, name: string, more: number): Promise<number> {
  if (more === 0) return 0;
  const { value } = await db
    .insertInto('tallies')
    .values({ name, value: more })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((row) => ({ value: row('tallies.value', '+', more) })))
    .returning('value')
    .executeTakeFirstOrThrow();
  return Number(value);
}

/** PostgreSQL keeps no NUL in a text, and a message that was refused may hold anything. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
