// Finds out what is new of canteens' states and writes that, and no more: one new fact does not write a canteen's hundred others again.
import type { CompiledQuery, Transaction } from 'kysely';
import { changesOfFacts, noFacts } from '../compliance/known-facts.ts';
import { type CanteenState, factKey, type KnownFact } from '../compliance/state.ts';
import { changedParts } from './canteen-parts.ts';
import { inserting } from './sized-statements.ts';
import type { Tables } from './tables.ts';

/** What is new of one canteen. */
export interface StateNews {
  canteen: string;
  parts: ReturnType<typeof changedParts>;
  facts: { told: KnownFact[]; gone: KnownFact[] };
}

export function newsOf({ before, after }: { before: CanteenState | undefined; after: CanteenState }): StateNews {
  return { canteen: after.canteen, parts: changedParts(before, after), facts: changesOfFacts(before?.facts ?? noFacts, after.facts) };
}

export function isNews({ parts, facts: { told, gone } }: StateNews): boolean {
  return parts.length + told.length + gone.length > 0;
}

export function insertStates(db: Transaction<Tables>, news: StateNews[], version: (canteen: string) => number): CompiledQuery[] {
  const parts = news.flatMap((each) => each.parts.map((part) => ({ canteen: each.canteen, ...part })));
  const facts = news.flatMap(({ canteen, facts: { told } }) =>
    told.map((known) => ({ canteen, key: rowKey(known), body: JSON.stringify(known), version: version(canteen) })),
  );
  return [...insertParts(db, parts), ...insertFacts(db, facts)];
}

/** Those that are gone, which is seldom; `facts_since` says so. */
export function removeFacts(db: Transaction<Tables>, news: StateNews[], version: (canteen: string) => number): CompiledQuery[] {
  return news.flatMap(({ canteen, facts: { gone } }) =>
    gone.length === 0 ? [] : removeSome(db, canteen, gone.map(rowKey), version(canteen)),
  );
}

function rowKey({ fact }: KnownFact): string {
  return factKey(fact.device, fact.check);
}

const insertParts = inserting('canteen_parts', ['canteen', 'part', 'body'], (insert) =>
  insert.onConflict((conflict) => conflict.columns(['canteen', 'part']).doUpdateSet((row) => ({ body: row.ref('excluded.body') }))),
);

const insertFacts = inserting('facts', ['canteen', 'key', 'body', 'version'], (insert) =>
  insert.onConflict((conflict) =>
    conflict.columns(['canteen', 'key']).doUpdateSet((row) => ({ body: row.ref('excluded.body'), version: row.ref('excluded.version') })),
  ),
);

/** Whoever has an older version in memory could not see that they are gone. */
function removeSome(db: Transaction<Tables>, canteen: string, keys: string[], version: number): CompiledQuery[] {
  return [
    ...keys.map((key) => db.deleteFrom('facts').where('canteen', '=', canteen).where('key', '=', key).compile()),
    db.updateTable('versions').set({ facts_since: version }).where('canteen', '=', canteen).compile(),
  ];
}
