// What is stored of a canteen's state beside its facts, in parts: what is new with every message is small, and what is large seldom new.
import type { Kysely } from 'kysely';
import type { KnownFacts } from '../compliance/known-facts.ts';
import type { CanteenState } from '../compliance/state.ts';
import type { Tables } from './tables.ts';

type Part = Pick<Tables['canteen_parts'], 'part' | 'body'>;

/** Each gives what it stores; equal things give the same thing, because the fold gives back what it leaves alone as the same object. */
const parts: Record<string, (state: CanteenState) => unknown> = {
  times: ({ expectedSince, gateway: { heardAt, clockAheadMs } }) => JSON.stringify({ expectedSince, heardAt, clockAheadMs }),
  status: ({ gateway }) => gateway.status,
  heartbeat: ({ gateway }) => gateway.heartbeat,
  layout: ({ layout }) => layout,
  losses: ({ losses }) => losses,
};

type Core = Omit<CanteenState, 'canteen' | 'facts'>;

/** The parts of `after` that are not as they were. */
export function changedParts(before: CanteenState | undefined, after: CanteenState): Part[] {
  if (before === after) return [];
  return Object.entries(parts).flatMap(([part, of]) => {
    const value = of(after);
    if (before !== undefined && of(before) === value) return [];
    return [{ part, body: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

/** Puts together what `changedParts` took apart; undefined where nothing was stored. */
export function assembled(canteen: string, stored: readonly Part[], facts: KnownFacts): CanteenState | undefined {
  if (stored.length === 0) return undefined;
  const { times, status, heartbeat, ...rest } = Object.fromEntries(stored.map(({ part, body }) => [part, JSON.parse(body)]));
  const { expectedSince, heardAt, clockAheadMs } = times;
  return {
    canteen,
    expectedSince,
    gateway: { heardAt, status, heartbeat, clockAheadMs },
    ...(rest as Pick<Core, 'layout' | 'losses'>),
    facts,
  };
}

/** The step that took apart what had been stored whole. */
export async function canteenParts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('canteen_parts')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('canteen_parts_pk', ['canteen', 'part'])
    .execute();
  const known = db as Kysely<Pick<Tables, 'canteen_parts'> & { canteens: { canteen: string; body: string } }>;
  for (const { canteen, body } of await known.selectFrom('canteens').selectAll().execute()) {
    const rows = changedParts(undefined, JSON.parse(body)).map((part) => ({ canteen, ...part }));
    await known.insertInto('canteen_parts').values(rows).execute();
  }
  await db.schema.dropTable('canteens').execute();
}
