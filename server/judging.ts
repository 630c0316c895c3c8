// Judges one canteen, quickly where little is new, and says for how long the verdict may be shown.
import type { Logger } from 'pino';
import type { Gap } from '#contract/gaps.ts';
import type { Standard } from '#contract/standard.ts';
import type { CanteenSummary } from '#contract/views.ts';
import { type Assessment, assess, type CanteenIdentity } from './compliance/assess.ts';
import { nextLapse } from './compliance/believed.ts';
import { createMemory, type Memory } from './compliance/memory.ts';
import type { CanteenState } from './compliance/state.ts';

/** One canteen as it stands. */
export interface Standing {
  identity: CanteenIdentity;
  state: CanteenState;
  open: Gap[];
  summary: CanteenSummary;
}

export type Unjudged = Omit<Standing, 'summary'>;

export interface Judged extends Standing {
  judgedAt: number;
  /** The verdict may not be shown any longer than this: something it rests on lapses. */
  holdsUntil: number;
}

export interface Judges {
  /** `changed`: the gaps that are opened, closed or told otherwise by it. `at`: milliseconds since 1970. */
  judge(about: Unjudged, at: number): { judged: Judged; changed: Gap[] };
  /** The canteen is no longer looked after. */
  forget(canteen: string): void;
}

/** A verdict older than this is judged again when it is shown: the sweep may be set to come less often, or find a store that cannot be written. */
const freshForMs = 10_000;

export function createJudges({ standard, log }: { standard: Standard; log: Logger }): Judges {
  const memories = new Map<string, Memory>();
  return { judge, forget: (canteen) => void memories.delete(canteen) };

  function judge(about: Unjudged, at: number): { judged: Judged; changed: Gap[] } {
    const { identity, state } = about;
    const { changed, ...rest } = assessSafely(about, at);
    const staleAt = rest.summary.staleAt === null ? Number.POSITIVE_INFINITY : Date.parse(rest.summary.staleAt);
    const holdsUntil = Math.min(at + freshForMs, staleAt, nextLapse(state, at));
    return { judged: { identity, state, ...rest, judgedAt: at, holdsUntil }, changed };
  }

  function assessSafely({ identity, state, open }: Unjudged, at: number): Assessment {
    try {
      const memory = memories.get(identity.id) ?? createMemory();
      memories.set(identity.id, memory);
      return assess({ canteen: identity, state, open, standard, now: at, memory });
    } catch (err) {
      log.error({ err, canteen: identity.id }, 'a canteen could not be judged and is shown as unknown');
      return { open, changed: [], summary: unjudged(identity) };
    }
  }
}

function unjudged(identity: CanteenIdentity): CanteenSummary {
  const nothing = { zones: [], cameras: { total: 0, healthy: 0 }, openGaps: 0, worstSeverity: null, heardAt: null, staleAt: null };
  return { ...identity, verdict: 'unknown', ...nothing };
}
