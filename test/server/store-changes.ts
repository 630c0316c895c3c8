// Changes a state store past everything that would decide what to change, looks at what is in it, and makes it fail.
import type { Commit } from '../../server/stores/commit.ts';
import type { Decision, StateStore } from '../../server/stores/state-store.ts';
import type { StoredCanteen } from '../../server/stores/stored-canteens.ts';
import { started } from './ingest-messages.ts';

type Changing = Pick<StateStore, 'change' | 'canteens'>;

export const nothing: Commit = { at: started, events: [], watermarks: [], refused: [], states: [], gaps: [], history: [] };

export async function commit(store: Changing, change: Partial<Commit>): Promise<void> {
  const decision = { ...nothing, ...change, attended: false };
  const { states, gaps, watermarks } = decision;
  const canteens = [...states.map(({ after }) => after), ...gaps, ...watermarks].map(({ canteen }) => canteen);
  await store.change({ canteens, known: () => undefined }, () => decision);
}

export async function storedCanteens(store: Changing): Promise<StoredCanteen[]> {
  let found: StoredCanteen[] = [];
  await store.change({ canteens: await store.canteens(), known: () => undefined }, ({ newer }) => {
    found = newer;
    return undefined;
  });
  return found;
}

/** The same store, but what `why` has a reason against cannot be written. */
export function failing(store: StateStore, why: (decision: Decision) => Error | undefined): StateStore {
  return {
    ...store,
    change: (asked, decide) =>
      store.change(asked, (held) => {
        const decision = decide(held);
        const reason = decision && why(decision);
        if (reason !== undefined) throw reason;
        return decision;
      }),
  };
}
