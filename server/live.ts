// Tells whoever listens in this process what has just changed: the line from judging to the pages.
import type { Gap } from '#contract/gaps.ts';
import type { CanteenSummary } from '#contract/views.ts';

export type Change =
  | { event: 'canteen'; data: CanteenSummary }
  | { event: 'gap'; data: Gap }
  | { event: 'withdrawn'; data: { canteen: string } };

export interface Live {
  announce(change: Change): void;
  /** Calls `listener` for every change from now on, until the returned function is called. A listener must not throw. */
  listen(listener: (change: Change) => void): () => void;
}

export function createLive(): Live {
  const listeners = new Set<(change: Change) => void>();
  return {
    announce: (change) => {
      for (const listener of listeners) listener(change);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
