// Tells open pages what has changed of a canteen, and that it was heard again now and then only.
import type { Gap } from '#contract/gaps.ts';
import type { CanteenSummary } from '#contract/views.ts';
import type { Live } from './live.ts';

/** How exactly open pages know when a canteen was heard. */
const heardToldEveryMs = 5_000;

export interface News {
  /** `before`: how the canteen was last shown; `gaps`: those that pages have to hear of. */
  tell(before: CanteenSummary | undefined, after: CanteenSummary, gaps: Gap[]): void;
  /** The canteen is looked after no longer, and its last gaps are closed: to be told while it can still be found out who may see it. */
  forget(canteen: string, gaps: Gap[]): void;
}

export function createNews(live: Pick<Live, 'announce'>): News {
  const heardAsTold = new Map<string, number>();
  const announceGaps = (gaps: Gap[]) => {
    for (const gap of gaps) live.announce({ event: 'gap', data: gap });
  };
  return {
    tell: (before, after, gaps) => {
      announceGaps(gaps);
      if (!isNews(before, after)) return;
      live.announce({ event: 'canteen', data: after });
      heardAsTold.set(after.id, heardAt(after));
    },
    forget: (canteen, gaps) => {
      announceGaps(gaps);
      live.announce({ event: 'withdrawn', data: { canteen } });
      heardAsTold.delete(canteen);
    },
  };

  /** That it was heard again is told now and then, long before pages would take it for silent. */
  function isNews(before: CanteenSummary | undefined, after: CanteenSummary): boolean {
    if (before === undefined || Math.abs(heardAt(after) - (heardAsTold.get(after.id) ?? 0)) >= heardToldEveryMs) return true;
    return (
      JSON.stringify({ ...before, ...sinceHeard }) !== JSON.stringify({ ...after, ...sinceHeard }) || isSilent(before) !== isSilent(after)
    );
  }
}

const sinceHeard = { heardAt: null, staleAt: null };

function heardAt({ heardAt: at }: CanteenSummary): number {
  return at === null ? 0 : Date.parse(at);
}

function isSilent({ staleAt }: CanteenSummary): boolean {
  return staleAt === null;
}
