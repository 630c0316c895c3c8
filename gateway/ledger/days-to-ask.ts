// Chooses the days a recorder is asked for in one look, so that each look costs few questions and none of the days is forgotten; pure.
import { daysOf, type Stretch, startOfDay } from '../recorders/spans.ts';
import { type DeviceLedger, holdsFootage, isTold, type LedgerDay } from './device-ledger.ts';

export interface AskedDays {
  ledger: DeviceLedger;
  /** The keys of those recordings the recorder has now. */
  recordings: readonly string[];
  window: Stretch;
}

/** What is over and told is asked for once a day all the same: footage can be deleted and overwritten later. */
const againAfterMs = 22 * 3_600_000;

/**
 * The windows of the first question: yesterday and today, the newest day before them that is known to hold something, so that a recorder that
 * stopped still shows that it understands the question, and the oldest such day, which is the next to be overwritten.
 */
export function firstWindows({ ledger, window }: Omit<AskedDays, 'recordings'>): Stretch[] {
  const days = daysIn({ ledger, window });
  const holding = days.slice(0, -2).filter((day) => daysKnown(ledger, Object.keys(ledger.recordings), day).some(holdsFootage));
  const anchor = holding.at(-1) ?? days.at(-3);
  return runs([...days.slice(-2), ...[anchor, holding[0]].flatMap((day) => day ?? [])], window);
}

export interface FurtherDays {
  /** Not known, the oldest and the newest first. */
  unknown: Stretch[];
  /** Asked for already, and answered only in part. */
  cutShort: Stretch[];
  /** Known, and last asked for a day ago; the longest ago first. */
  again: Stretch[];
}

export function furtherDays({ ledger, recordings, window }: AskedDays, now: { at: number; aheadMs: number }): FurtherDays {
  const days = daysIn({ ledger, window }).slice(0, -2);
  const known = days.map((day) => ({ day, told: daysKnown(ledger, recordings, day) }));
  const isKnown = ({ day, told }: (typeof known)[number]) =>
    told.every((each) => each !== undefined && isTold(each, now) && each.from <= day.from && each.to >= day.to);
  const isCutShort = ({ told }: (typeof known)[number]) => told.some((each) => each?.complete === false);
  const open = known.filter((each) => !isKnown(each));
  const unknown = open.filter((each) => !isCutShort(each)).map(({ day }) => day);
  const again = known
    .filter((each) => isKnown(each) && askedAt(each.told) < now.at - againAfterMs)
    .toSorted((a, b) => askedAt(a.told) - askedAt(b.told))
    .map(({ day }) => day);
  return {
    unknown: [...unknown.slice(0, oldestFirst), ...unknown.slice(oldestFirst).toReversed()],
    cutShort: open.filter(isCutShort).map(({ day }) => day),
    again,
  };
}

const oldestFirst = 2;

/** Days that follow one another are one window; none reaches beyond `window`'s end. */
export function runs(days: readonly Stretch[], { to: end }: Pick<Stretch, 'to'>): Stretch[] {
  const found: Stretch[] = [];
  for (const { from, to } of days.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, Math.min(to, end));
    else found.push({ from, to: Math.min(to, end) });
  }
  return found;
}

interface NamedDay extends Stretch {
  day: string;
}

/** The first day asked for may be a part of one; the ledger knows whole days. */
function daysIn({ ledger: { utcOffsetMinutes }, window }: Omit<AskedDays, 'recordings'>): NamedDay[] {
  return daysOf(window, utcOffsetMinutes).map(({ day, from, to }) => ({ day, from: startOfDay(from, utcOffsetMinutes), to }));
}

function daysKnown({ recordings }: DeviceLedger, keys: readonly string[], { day }: NamedDay): (LedgerDay | undefined)[] {
  return keys.map((key) => recordings[key]?.days[day]);
}

function askedAt(told: readonly (LedgerDay | undefined)[]): number {
  return Math.min(...told.map((day) => day?.askedAt ?? 0));
}
