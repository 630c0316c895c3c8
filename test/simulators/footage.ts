// What a simulated recorder holds of one camera.

/** Stretches of footage, oldest first, not overlapping; milliseconds since 1970, `to` exclusive. */
export type Footage = readonly { from: number; to: number }[];

/** A hole in the history. `daysAgo` 0 is today; without `from` and `to` the whole day is missing. Times are the recorder's local ones. */
export interface FootageGap {
  daysAgo: number;
  /** `HH:MM`, 00:00 to 24:00. */
  from?: string;
  to?: string;
}

export interface FootageHistory {
  /** How many whole days before today are kept; what is older is overwritten. 0: from today's midnight on. */
  days: number;
  gaps: readonly FootageGap[];
  /** Minutes east of Greenwich. */
  utcOffsetMinutes: number;
}

const dayMs = 86_400_000;

/** What a recorder holds at `now` that has recorded all the time but for the gaps. Throws RangeError on a time of day that is none. */
export function footageOf({ days, gaps, utcOffsetMinutes, now }: FootageHistory & { now: number }): Footage {
  const midnight = localMidnight(now, utcOffsetMinutes);
  const kept = { from: midnight - days * dayMs, to: now };
  return without(
    [kept],
    gaps.map((gap) => spanOf(gap, midnight)),
  );
}

/** A history that goes on: it grows at its end, loses its oldest day each midnight, and can be stopped and started again. */
export interface FootageLog {
  footage(): Footage;
  /** When the recorder was meant to record; holes in the footage do not show here, stops do. */
  intended(): Footage;
  recording(): boolean;
  stop(): void;
  start(): void;
}

export function createFootageLog({ now, ...history }: FootageHistory & { now(): number }): FootageLog {
  const firstMidnight = localMidnight(now(), history.utcOffsetMinutes);
  const gaps = history.gaps.map((gap) => spanOf(gap, firstMidnight));
  const stops: { from: number; to: number }[] = [];
  const recording = () => (stops.at(-1)?.to ?? 0) !== Number.POSITIVE_INFINITY;
  const whole = () => footageOf({ ...history, gaps: [], now: now() });

  return {
    footage: () => without(whole(), [...gaps, ...stops]),
    intended: () => without(whole(), stops),
    recording,
    stop() {
      if (recording()) stops.push({ from: now(), to: Number.POSITIVE_INFINITY });
    },
    start() {
      const last = stops.at(-1);
      if (last !== undefined && !recording()) last.to = now();
    },
  };
}

function localMidnight(time: number, utcOffsetMinutes: number): number {
  const offset = utcOffsetMinutes * 60_000;
  return Math.floor((time + offset) / dayMs) * dayMs - offset;
}

function spanOf({ daysAgo, from = '00:00', to = '24:00' }: FootageGap, midnight: number) {
  const start = midnight - daysAgo * dayMs;
  return { from: start + timeOfDay(from), to: start + timeOfDay(to) };
}

function timeOfDay(text: string): number {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const time = (Number(hours) * 60 + Number(minutes)) * 60_000;
  if (Number.isNaN(time) || time > dayMs) throw new RangeError(`"${text}" is no time of day; it must be HH:MM, from 00:00 to 24:00.`);
  return time;
}

function without(spans: Footage, holes: Footage): Footage {
  return holes.reduce<Footage>((rest, hole) => rest.flatMap((span) => cut(span, hole)), spans);
}

function cut(span: Footage[number], hole: Footage[number]): Footage {
  if (hole.to <= span.from || hole.from >= span.to) return [span];
  return [
    { from: span.from, to: hole.from },
    { from: hole.to, to: span.to },
  ].filter(({ from, to }) => from < to);
}
