// What one change of the state store writes, and the writing of it.
import { sql, type Transaction } from 'kysely';
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { ToldSpan } from '../compliance/history.ts';
import type { CanteenState } from '../compliance/state.ts';
import { historyRows, insertHistory } from './check-history.ts';
import { inserting, runLast, sized } from './sized-statements.ts';
import { insertVersions } from './stored-canteens.ts';
import type { Tables } from './tables.ts';
import { insertCounted, tallied } from './tallies.ts';
import { insertStates, isNews, newsOf, removeFacts, type StateNews } from './write-states.ts';

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
  change: Omit<Commit, 'states'> & Novelty,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  const { canteens, events, watermarks, states, gaps, history, refused, at } = change;
  const version = (canteen: string) => versions.get(canteen) ?? 0;
  await runLast(db, [
    ...insertVersions(
      db,
      [...canteens].map((canteen) => ({ canteen, version: version(canteen), facts_since: 0 })),
    ),
    ...insertWatermarks(
      db,
      watermarks.map((mark) => watermarkRow(mark, at)),
    ),
    ...forgetOldEpochs(db, [...new Set(watermarks.map(({ canteen }) => canteen))]),
    ...insertStates(db, states, version),
    ...removeFacts(db, states, version),
    ...insertGaps(
      db,
      gaps.map((gap) => gapRow(gap, version(gap.canteen))),
    ),
    ...insertHistory(db, historyRows(history)),
  ]);
  // Every change of every server counts here: last, so that none has to wait for longer than another's last words.
  await insertCounted(db, 'events', insertEvents(db, events.map(eventRow)));
  await writeRefused(db, refused);
}

function eventRow({ canteen, event, receivedAt }: ReceivedEvent): Tables['events'] {
  const { epoch, sequence, type, time } = event;
  return { canteen, epoch, sequence, type, time, received_at: new Date(receivedAt).toISOString(), body: JSON.stringify(event) };
}

const insertEvents = inserting('events', ['canteen', 'epoch', 'sequence', 'type', 'time', 'received_at', 'body'], (insert) =>
  insert.onConflict((conflict) => conflict.columns(['canteen', 'epoch', 'sequence']).doNothing()),
);

function watermarkRow({ beyond, ...watermark }: Watermark, at: number): Tables['watermarks'] {
  return { ...watermark, beyond: JSON.stringify(beyond), updated_at: new Date(at).toISOString() };
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

/** Of each canteen the lives of its outbox heard of last are remembered. */
const forgetOldEpochs = sized(
  (db, size) => {
    const others = db.selectFrom('watermarks as other').where('other.canteen', '=', sql.ref<string>('watermarks.canteen'));
    const kept = others.select('other.epoch').orderBy('other.updated_at', 'desc').orderBy('other.epoch').limit(sql.lit(epochsKept));
    return db
      .deleteFrom('watermarks')
      .where('canteen', 'in', Array(size).fill(''))
      .where(others.select(sql<number>`count(*)`.as('lives')), '>', sql.lit(epochsKept))
      .where('epoch', 'not in', kept);
  },
  (canteen: string) => [canteen],
);

function gapRow(gap: Gap, version: number): Tables['gaps'] {
  const { canteen, id, rule, status, openedAt, closedAt } = gap;
  return { canteen, id, rule, status, opened_at: openedAt, closed_at: closedAt, body: JSON.stringify(gap), version };
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
  const { value } = await tallied(db, 'quarantined', sql.val(refused.length)).returning('value').executeTakeFirstOrThrow();
  const counted = Number(value);
  const before = counted - refused.length;
  const rows = refused.map(({ canteen, at, ...said }, index) => ({
    ...{ id: before + index + 1, canteen, at },
    ...{ topic: storable(said.topic), reason: storable(said.reason), payload: storable(said.payload) },
  }));
  const tooOld = db.deleteFrom('quarantine').where('id', '<=', counted - quarantineKept);
  await runLast(db, [...insertRefused(db, rows), tooOld.compile()]);
}

const insertRefused = inserting('quarantine', ['id', 'canteen', 'topic', 'reason', 'payload', 'at'], (insert) => insert);

/** PostgreSQL keeps no NUL in a text, and a message that was refused may hold anything. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
