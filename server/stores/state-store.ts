// Keeps what the server must not forget: each canteen's state, its gaps, the event log, what was acknowledged, and what was refused.
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Gap } from '#contract/gaps.ts';
import type { ToldSpan } from '../compliance/history.ts';
import { findHistory, type HistoryQuery } from './check-history.ts';
import { type Commit, noveltyOf, type Refused, writeCommit } from './commit.ts';
import type { DatabaseClock } from './database-clock.ts';
import { changesChannel } from './postgres-line.ts';
import { type Expiry, pruneState } from './prune-state.ts';
import { findVersions, holdVersions, type Known, parsed, readNewer, type StoredCanteen } from './stored-canteens.ts';
import type { Tables } from './tables.ts';

/** What is to be changed, and what of it this server has in memory. */
export interface ChangeAsked {
  canteens: Iterable<string>;
  known: Known;
  /** Whether it matters until when some server has listened and stored. */
  attendance?: boolean;
}

/** What is found where nobody else can change it before the change is written. */
export interface Held {
  /** Those of the canteens that are not as known. */
  newer: StoredCanteen[];
  /** Until when some server has listened and stored, milliseconds since 1970; undefined where that was not asked for, or none ever has. */
  attendedUntil: number | undefined;
}

/** `attended`: the server that writes it has listened and stored until then. */
export type Decision = Commit & { attended: boolean };

export interface GapQuery {
  status: 'open' | 'closed' | 'all';
  canteen?: string;
  /** Of these canteens only. */
  canteens?: string[];
  rule?: string;
  /** At most so many, those opened last first. */
  limit: number;
}

export interface Tallies {
  eventsStored: number;
  quarantined: number;
}

export interface StateStore {
  /**
   * The one way canteens change: those asked for are changed by nobody else meanwhile, and `decide` says what becomes of them. All of it is written or,
   * where it gives nothing or the promise is rejected, nothing. Gives the version of every canteen asked for, as it is then. Each may be asked for by one
   * change at a time only: others are decided while it is being written.
   */
  change(asked: ChangeAsked, decide: (held: Held) => Decision | undefined): Promise<ReadonlyMap<string, number> | undefined>;
  /** Of these canteens, those that are not as known, all as of one moment. */
  newer(canteens: string[], known: Known): Promise<StoredCanteen[]>;
  /** Every canteen something is stored of. */
  canteens(): Promise<string[]>;
  gaps(query: GapQuery): Promise<Gap[]>;
  history(query: HistoryQuery): Promise<ToldSpan[]>;
  /** Newest first. */
  quarantine(limit: number): Promise<Refused[]>;
  /** Since the store was created, whatever has been forgotten since. */
  tallies(): Promise<Tallies>;
  /** Forgets a few hundred of what has expired, the oldest first, and says how many: a small step, so that storing never waits long. */
  prune(expiry: Expiry): Promise<number>;
  close(): Promise<void>;
}

/** The other servers at work in the same PostgreSQL: they go by the same clock, and are told what this one changes, signed by `self`. */
export interface Others {
  clock: DatabaseClock;
  self: string;
}

/** On a database that is open already, and perhaps holds more than this. Without `others`, nobody else writes to it. */
export function stateStore(db: Kysely<Tables>, others?: Others): StateStore {
  /** Canteens of changes that failed: where the answer was lost they are stored all the same. */
  const uncertain = new Set<string>();
  return {
    change: async (asked, decide) => {
      const canteens = [...new Set(asked.canteens)];
      // Where no other server writes, whatever is in memory is as it is stored.
      const isDoubtful = (canteen: string) => others !== undefined || asked.known(canteen) === undefined || uncertain.has(canteen);
      const about = { ...asked, canteens, doubtful: canteens.filter(isDoubtful), others };
      try {
        const versions = await (isAsKnown(about) ? changeKnown(db, about, decide) : changeHeld(db, about, decide));
        if (versions !== undefined) for (const canteen of canteens) uncertain.delete(canteen);
        return versions;
      } catch (error) {
        for (const canteen of canteens) uncertain.add(canteen);
        throw error;
      }
    },
    newer: (canteens, known) =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (transaction) => {
          await others?.clock.ask(transaction);
          return readNewer(transaction, await findVersions(transaction, { canteens, lock: false }), known);
        }),
    canteens: async () => (await db.selectFrom('versions').select('canteen').execute()).map(({ canteen }) => canteen),
    gaps: (query) => findGaps(db, query),
    history: (query) => findHistory(db, query),
    quarantine: (limit) =>
      db.selectFrom('quarantine').select(['canteen', 'topic', 'reason', 'payload', 'at']).orderBy('id', 'desc').limit(limit).execute(),
    tallies: () => readTallies(db),
    prune: (expiry) => db.transaction().execute((transaction) => pruneState(transaction, expiry)),
    close: () => db.destroy(),
  };
}

async function findGaps(db: Kysely<Tables>, { status, canteen, canteens, rule, limit }: GapQuery): Promise<Gap[]> {
  if (canteens?.length === 0) return [];
  let query = db.selectFrom('gaps').select('body').orderBy('opened_at', 'desc').orderBy('id').limit(limit);
  if (status !== 'all') query = query.where('status', '=', status);
  if (canteen !== undefined) query = query.where('canteen', '=', canteen);
  if (canteens !== undefined) query = query.where('canteen', 'in', canteens);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  return (await query.execute()).map(parsed<Gap>);
}

async function readTallies(db: Kysely<Tables>): Promise<Tallies> {
  const rows = await db.selectFrom('tallies').selectAll().execute();
  const value = (name: string) => Number(rows.find((row) => row.name === name)?.value ?? 0);
  return { eventsStored: value('events'), quarantined: value('quarantined') };
}

type About = ChangeAsked & { canteens: string[]; doubtful: string[]; others: Others | undefined };

/** Then nothing has to be read, and nobody has to be kept from changing it. */
function isAsKnown({ doubtful, others, attendance = false }: About): boolean {
  return doubtful.length === 0 && others === undefined && !attendance;
}

/** Decided at once: others, of other canteens, may still be on their way to the disk, and are written before. */
async function changeKnown(db: Kysely<Tables>, about: About, decide: (held: Held) => Decision | undefined) {
  const decision = decide({ newer: [], attendedUntil: undefined });
  if (decision === undefined) return undefined;
  return db.transaction().execute((transaction) => write(transaction, { ...about, held: [] }, decision));
}

async function changeHeld(db: Kysely<Tables>, about: About, decide: (held: Held) => Decision | undefined) {
  const { doubtful, known, attendance = false, others } = about;
  return db.transaction().execute(async (transaction) => {
    const held = await holdVersions(transaction, { canteens: doubtful, lock: others !== undefined });
    await others?.clock.ask(transaction);
    const newer = await readNewer(transaction, held, known);
    const decision = decide({ newer, attendedUntil: attendance ? await readAttendance(transaction) : undefined });
    return decision && write(transaction, { ...about, held }, decision);
  });
}

/** Gives the version of every canteen asked for; of those in doubt it is as `held`. */
async function write(db: Transaction<Tables>, about: About & { held: Awaited<ReturnType<typeof holdVersions>> }, decision: Decision) {
  const { canteens, known, others, held } = about;
  const versions = new Map(canteens.map((canteen) => [canteen, known(canteen)?.version ?? 0]));
  for (const { canteen, version } of held) versions.set(canteen, version);
  const novelty = noveltyOf(decision);
  const changed = novelty.canteens;
  for (const canteen of changed) versions.set(canteen, (versions.get(canteen) ?? 0) + 1);
  await writeCommit(db, { ...decision, ...novelty }, versions);
  if (decision.attended) await writeAttendance(db, decision.at);
  if (others !== undefined && changed.size > 0) await tellOthers(db, others.self, [...changed]);
  return versions;
}

async function readAttendance(db: Kysely<Tables>): Promise<number | undefined> {
  const row = await db.selectFrom('attendance').select('until').executeTakeFirst();
  return row && Number(row.until);
}

async function writeAttendance(db: Transaction<Tables>, until: number): Promise<void> {
  await db
    .insertInto('attendance')
    .values({ id: 1, until })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ until }))
    .execute();
}

/** PostgreSQL carries 8,000 bytes in one notification; an id has 64 at most. */
const canteensPerNotification = 100;

/** They hear of it once it is stored. */
async function tellOthers(db: Transaction<Tables>, self: string, canteens: string[]): Promise<void> {
  const words: string[] = [];
  for (let start = 0; start < canteens.length; start += canteensPerNotification)
    words.push([self, ...canteens.slice(start, start + canteensPerNotification)].join(' '));
  await sql`select pg_notify(${changesChannel}, words) from unnest(${words}::text[]) words`.execute(db);
}
