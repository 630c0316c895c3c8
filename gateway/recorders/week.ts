// When a recorder is set to record, week by week, as stretches of time; pure.
import type { WeekPart } from '../onvif/recording.ts';
import { clip, merge, type Stretch, without } from './spans.ts';

const minuteMs = 60_000;
export const dayMinutes = 1440;
export const weekMinutes = 7 * dayMinutes;
const weekMs = weekMinutes * minuteMs;
/** The first Monday after the beginning of 1970. */
const firstMonday = 4 * dayMinutes * minuteMs;

/** The parts of `window` in which the recorder is not set to record. */
export function outside(week: readonly WeekPart[], window: Stretch, utcOffsetMinutes: number): Stretch[] {
  const shift = firstMonday - utcOffsetMinutes * minuteMs;
  const within: Stretch[] = [];
  for (let monday = Math.floor((window.from - shift) / weekMs) * weekMs + shift; monday < window.to; monday += weekMs)
    within.push(...week.map(({ from, to }) => ({ from: monday + from * minuteMs, to: monday + to * minuteMs })));
  return without([window], clip(merge(within), window));
}
