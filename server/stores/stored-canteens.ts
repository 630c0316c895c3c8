// Finds out which canteens were changed since they were last read, by this server or another, and reads what is new of them.
import type { Kysely, Transaction } from 'kysely';
import type { Gap } from '#contract/gaps.ts';
import { noFacts, withFacts } from '../compliance/known-facts.ts';
import { withSharedDays } from '../compliance/shared-days.ts';
import type { CanteenState, KnownFact } from '../compliance/state.ts';
import { assembled } from './canteen-parts.ts';
import type { Watermark } from './commit.ts';
import { inserting } from './sized-statements.ts';
import type { Tables } from './tables.ts';

/** What a server has in memory of one canteen. */
export interface KnownCanteen {
  version: number;
  state: CanteenState;
}

export type Known = (canteen: string) => KnownCanteen | undefined;

/** One canteen as it is stored. */
export interface StoredCanteen {
  canteen: string;
  version: number;
  /** Undefined: nothing was ever stored of it. */
  state: CanteenState | undefined;
  open: Gap[];
  /** The gaps that were written since the known version, open or closed by now; none where no version was known. */
  changed: Gap[];
  /** Those heard of last come last. */
  watermarks: Watermark[];
}

export interface VersionRow {
  canteen: string;
  version: number;
  factsSince: number;
}

/**
 * The versions of these canteens. `lock`: whoever else wants to change them waits until the transaction ends; all ask in the same order, so that no two
 * wait for each other. One never changed before gets a row, so that it can be locked.
 */
export async function holdVersions(db: Transaction<Tables>, about: { canteens: string[]; lock: boolean }): Promise<VersionRow[]> {
  const { canteens } = about;
  if (canteens.length === 0) return [];
  const found = await findVersions(db, about);
  if (found.length === canteens.length) return found;
  await db
    .insertInto('versions')
    .values(canteens.toSorted().map((canteen) => ({ canteen, version: 0, facts_since: 0 })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return findVersions(db, about);
}

export async function findVersions(db: Kysely<Tables>, { canteens, lock }: { canteens: string[]; lock: boolean }): Promise<VersionRow[]> {
  if (canteens.length === 0) return [];
  const query = db.selectFrom('versions').selectAll().where('canteen', 'in', canteens).orderBy('canteen');
  const rows = await (lock ? query.forUpdate() : query).execute();
  return rows.map((row) => ({ canteen: row.canteen, version: Number(row.version), factsSince: Number(row.facts_since) }));
}

export const insertVersions = inserting('versions', ['canteen', 'version', 'facts_since'], (insert) =>
  insert.onConflict((conflict) => conflict.column('canteen').doUpdateSet((row) => ({ version: row.ref('excluded.version') }))),
);

const canteensPerQuery = 100;

/** What is stored of those in `rows` that are not as `known`; in a transaction that sees one moment, or holds their locks. */
export async function readNewer(db: Kysely<Tables>, rows: VersionRow[], known: Known): Promise<StoredCanteen[]> {
  const newer = rows.filter(({ canteen, version }) => known(canteen)?.version !== version);
  const read: StoredCanteen[] = [];
  for (let start = 0; start < newer.length; start += canteensPerQuery)
    read.push(...(await readSome(db, newer.slice(start, start + canteensPerQuery), known)));
  return read;
}

async function readSome(db: Kysely<Tables>, rows: VersionRow[], known: Known): Promise<StoredCanteen[]> {
  const canteens = rows.map(({ canteen }) => canteen);
  const before = new Map(rows.map((row) => [row.canteen, usable(known(row.canteen), row)]));
  const parts = await db.selectFrom('canteen_parts').selectAll().where('canteen', 'in', canteens).execute();
  const facts = await db
    .selectFrom('facts')
    .selectAll()
    .where((row) =>
      row.or(canteens.map((canteen) => row.and([row('canteen', '=', canteen), row('version', '>', before.get(canteen)?.version ?? -1)]))),
    )
    .execute();
  const gaps = await db
    .selectFrom('gaps')
    .select(['canteen', 'body', 'version'])
    .where((row) =>
      row.or(
        canteens.flatMap((canteen) => {
          const of = [row('canteen', '=', canteen)];
          const since = known(canteen)?.version;
          const open = row.and([...of, row('status', '=', 'open')]);
          return since === undefined ? [open] : [open, row.and([...of, row('status', '=', 'closed'), row('version', '>', since)])];
        }),
      ),
    )
    .execute();
  const marks = await db.selectFrom('watermarks').selectAll().where('canteen', 'in', canteens).orderBy('updated_at').execute();
  const [partsOf, factsOf] = [Map.groupBy(parts, byCanteen), Map.groupBy(facts, byCanteen)];
  const [gapsOf, marksOf] = [Map.groupBy(gaps, byCanteen), Map.groupBy(marks, byCanteen)];
  return rows.map(({ canteen, version }) => {
    const newFacts = (factsOf.get(canteen) ?? []).map(parsedFact);
    const of = (gapsOf.get(canteen) ?? []).map((row) => ({ gap: parsed<Gap>(row), version: Number(row.version) }));
    const since = known(canteen)?.version ?? Number.POSITIVE_INFINITY;
    return {
      canteen,
      version,
      state: assembled(canteen, partsOf.get(canteen) ?? [], withFacts(before.get(canteen)?.state.facts ?? noFacts, newFacts)),
      open: of.map(({ gap }) => gap).filter(({ status }) => status === 'open'),
      changed: of.filter((row) => row.version > since).map(({ gap }) => gap),
      watermarks: (marksOf.get(canteen) ?? []).map(toWatermark),
    };
  });
}

/** Facts can be added to what is known of a canteen, not taken away; nor does a database that was restored know what came later. */
function usable(known: KnownCanteen | undefined, { version, factsSince }: VersionRow): KnownCanteen | undefined {
  return known !== undefined && factsSince <= known.version && known.version < version ? known : undefined;
}

function byCanteen({ canteen }: { canteen: string }): string {
  return canteen;
}

function toWatermark({ canteen, epoch, through, beyond }: Tables['watermarks']): Watermark {
  return { canteen, epoch, through: Number(through), beyond: parsed<Watermark['beyond']>({ body: beyond }) };
}

function parsedFact(row: { body: string }): KnownFact {
  const known = parsed<KnownFact>(row);
  return { ...known, fact: withSharedDays(known.fact) };
}

/** What we wrote ourselves needs no second validation. */
export function parsed<T>({ body }: { body: string }): T {
  return JSON.parse(body);
}
