// Finds the reason of a hole among what the gateway saw happen at the recorder and the camera; pure but for the clock.
import type { HoleCause } from '#contract/footage.ts';
import { clip, duration, merge, type Stretch } from '../recorders/spans.ts';
import type { CauseOf } from './account.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** The causes of holes at each recorder. */
export function createCauses({ journal, now }: { journal: Pick<Journal, 'of'>; now: () => number }): (device: string) => CauseOf {
  return (device) =>
    ({ camera, lost }) =>
      causesAmong([...journal.of(device), ...(camera === undefined ? [] : journal.of(camera))], { lost, now: now() });
}

/** We notice a while after it happens, and a recorder goes on a while later than we see it back. */
const slackMs = 120_000;
/** Less of a hole than this is no reason for it. */
const shareMin = 0.5;

/** For each hole the cause that covers most of it. */
export function causesAmong(
  entries: readonly JournalEntry[],
  { lost, now }: { lost: readonly Stretch[]; now: number },
): (hole: Stretch) => HoleCause {
  const seen = [...Map.groupBy(entries, ({ cause }) => cause)].map(([cause, all]) => ({
    cause,
    lasting: merge(all.map(({ from, to = now }) => ({ from: from - slackMs, to: to + slackMs }))),
  }));
  const causes = [{ cause: 'overwritten' as const, lasting: lost }, ...seen];
  return (hole) => {
    const covering = causes.map(({ cause, lasting }) => ({ cause, covers: duration(clip(lasting, hole)) }));
    const [best] = covering.toSorted((a, b) => b.covers - a.covers);
    return best !== undefined && best.covers >= (hole.to - hole.from) * shareMin ? best.cause : 'unknown';
  };
}
