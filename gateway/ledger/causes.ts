// Finds the reason of a hole among what the gateway saw happen at the recorder and the camera; pure but for the clock.
import type { HoleCause } from '#contract/footage.ts';
import { clip, duration, merge, type Stretch } from '../recorders/spans.ts';
import type { CauseOf } from './account.ts';
import type { Journal, JournalEntry } from './journal.ts';

export interface CausesDeps {
  journal: Pick<Journal, 'of'>;
  /** The most days of footage that a recorder removes by itself for their age, where we know that for certain: of our own. */
  daysMax?: ReadonlyMap<string, number>;
  now: () => number;
}

/** The causes of holes at each recorder. */
export function createCauses({ journal, daysMax, now }: CausesDeps): (device: string) => CauseOf {
  return (device) =>
    ({ camera, lost, unscheduled }) => {
      const [at, days] = [now(), daysMax?.get(device)];
      const expired = days === undefined ? Number.NEGATIVE_INFINITY : at - days * dayMs;
      const entries = [...journal.of(device), ...(camera === undefined ? [] : journal.of(camera))];
      return causesAmong(entries, { lost, unscheduled, expired, now: at });
    };
}

const dayMs = 86_400_000;

/** We notice a while after it happens, and a recorder goes on a while later than we see it back. */
const slackMs = 120_000;
/** Less of a hole than this is no reason for it. */
const shareMin = 0.5;

/** For each hole the cause that covers most of it. What was lost and is from before `expired` went for its age; `unscheduled` is when nothing was to be recorded. */
export function causesAmong(
  entries: readonly JournalEntry[],
  about: { lost: readonly Stretch[]; unscheduled?: readonly Stretch[]; expired?: number; now: number },
): (hole: Stretch) => HoleCause {
  const { lost, unscheduled = [], expired = Number.NEGATIVE_INFINITY, now } = about;
  const seen = [...Map.groupBy(entries, ({ cause }) => cause)].map(([cause, all]) => ({
    cause,
    lasting: merge(all.map(({ from, to = now }) => ({ from: from - slackMs, to: to + slackMs }))),
  }));
  const [aged, young] = [
    { from: Number.NEGATIVE_INFINITY, to: expired },
    { from: expired, to: Number.POSITIVE_INFINITY },
  ];
  const causes = [
    { cause: 'overwritten' as const, lasting: clip(lost, young) },
    { cause: 'expired' as const, lasting: clip(lost, aged) },
    { cause: 'schedule' as const, lasting: unscheduled },
    ...seen,
  ];
  return (hole) => {
    const covering = causes.map(({ cause, lasting }) => ({ cause, covers: duration(clip(lasting, hole)) }));
    const [best] = covering.toSorted((a, b) => b.covers - a.covers);
    return best !== undefined && best.covers >= (hole.to - hole.from) * shareMin ? best.cause : 'unknown';
  };
}
