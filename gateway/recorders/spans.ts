// Arithmetic on stretches of time, pure: what is there, what is missing, and how that falls on days. Milliseconds since 1970.

/** `from` inclusive, `to` exclusive. */
export interface Stretch {
  from: number;
  to: number;
}

/** In order, without overlaps, and without holes up to `toleranceMs`: recorders leave such holes between files. */
export function merge(stretches: readonly Stretch[], toleranceMs = 0): Stretch[] {
  const merged: Stretch[] = [];
  for (const { from, to } of stretches.filter((each) => each.to > each.from).toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from - last.to <= toleranceMs) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** Only what lies inside `window`. */
export function clip(stretches: readonly Stretch[], window: Stretch): Stretch[] {
  return stretches
    .map(({ from, to }) => ({ from: Math.max(from, window.from), to: Math.min(to, window.to) }))
    .filter((each) => each.to > each.from);
}

/** What lies between merged stretches. */
export function holes(merged: readonly Stretch[]): Stretch[] {
  return merged.slice(1).map((next, index) => ({ from: merged[index]?.to ?? next.from, to: next.from }));
}

/** `stretches` without what lies in any of `others`. */
export function without(stretches: readonly Stretch[], others: readonly Stretch[]): Stretch[] {
  return others.reduce<Stretch[]>((rest, other) => rest.flatMap((each) => cut(each, other)), [...stretches]);
}

function cut(stretch: Stretch, other: Stretch): Stretch[] {
  if (other.to <= stretch.from || other.from >= stretch.to) return [stretch];
  return [
    { from: stretch.from, to: other.from },
    { from: other.to, to: stretch.to },
  ].filter(({ from, to }) => from < to);
}

/** Together, milliseconds, of stretches that do not overlap. */
export function duration(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The calendar days of a time zone that `window` touches; the first and last may be parts of days. */
export function daysOf(window: Stretch, utcOffsetMinutes: number): (Stretch & { day: string })[] {
  const days: (Stretch & { day: string })[] = [];
  for (let from = window.from; from < window.to; ) {
    const start = startOfDay(from, utcOffsetMinutes);
    const to = Math.min(start + dayMs, window.to);
    days.push({ day: new Date(start + utcOffsetMinutes * 60_000).toISOString().slice(0, 10), from, to });
    from = to;
  }
  return days;
}

/** Midnight, in that time zone, at or before `at`. */
export function startOfDay(at: number, utcOffsetMinutes: number): number {
  const local = at + utcOffsetMinutes * 60_000;
  return Math.floor(local / dayMs) * dayMs - utcOffsetMinutes * 60_000;
}

const dayMs = 86_400_000;
