// What one change of the state store writes, and the writing of it.
import { sql, type Transaction } from 'kysely';
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { ToldSpan } from '../compliance/history.ts';
import type { CanteenState } from '../compliance/state.ts';
import { historyRows, insertHistory } from './check-history.ts';
import { inserting, sized } from './sized-statements.ts';
import type { Tables } from './tables.ts';
import { isNews, newsOf, type StateNews, writeStates } from './write-states.ts';

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

/** What a change writes, and the canteens it says anything new of. */
export interface Novelty {
  states: StateNews[];
  canteens: Set<string>;
}

export function noveltyOf({ states, gaps, watermarks }: Commit): Novelty {
  const news = states.map(newsOf).filter(isNews);
  return { states: news, canteens: new Set([...news, ...gaps, ...watermarks].map(({ canteen }) => canteen)) };
}

/** `versions` are those the change makes of its canteens, whose rows the transaction has locked. */
export async function writeCommit(
  db: Transaction<Tables>,
  change: Omit<Commit, 'states'> & Pick<Novelty, 'states'>,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
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

async function writeGaps(db: Transaction<Tables>, gaps: Gap[], version: (canteen: string) => number): Promise<void> {
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
