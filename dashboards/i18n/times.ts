// Moments and spans of time in words. Moments are always those of the canteens' own time zone, whatever this machine's is.
import type { Language, Messages } from './zh-CN.ts';

const timeZone = 'Asia/Shanghai';
const toTheMinute = { timeZone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' } as const;
const formats = {
  today: { ...toTheMinute, second: '2-digit' },
  'another-day': { ...toTheMinute, month: 'short', day: 'numeric' },
  day: { timeZone, dateStyle: 'medium' },
  minute: toTheMinute,
  'short-day': { timeZone, month: 'numeric', day: 'numeric' },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

// Making a format takes some hundred times as long as using it, and a page uses it for every gap, every second.
const made = new Map<string, Intl.DateTimeFormat>();

/** A moment (ISO 8601, or milliseconds since 1970) to the second today, to the minute on another day. */
export function momentInWords(moment: string | number, { now, language }: { now: number; language: Language }): string {
  const instant = new Date(moment);
  const today = dayOf(instant, language) === dayOf(new Date(now), language);
  return formatOf(language, today ? 'today' : 'another-day').format(instant);
}

/** The day of a moment, with its year. */
export function dayOf(moment: Date, language: Language): string {
  return formatOf(language, 'day').format(moment);
}

/** Hour and minute of a moment whose day is known. */
export function minuteOf(moment: number, language: Language): string {
  return formatOf(language, 'minute').format(moment);
}

/** Month and day of a day whose year is known. */
export function shortDayOf(day: string, language: Language): string {
  return formatOf(language, 'short-day').format(dayStart(day));
}

export const dayMs = 86_400_000;
// No clock is changed for the summer there.
const utcOffsetMs = 8 * 3_600_000;

/** The calendar day of a moment, `2026-11-23`. */
export function isoDay(moment: number): string {
  return new Date(moment + utcOffsetMs).toISOString().slice(0, 10);
}

/** When a calendar day begins, milliseconds since 1970. */
export function dayStart(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) - utcOffsetMs;
}

function formatOf(language: Language, name: keyof typeof formats): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const format = made.get(key) ?? new Intl.DateTimeFormat(language, formats[name]);
  made.set(key, format);
  return format;
}

/** A span of time in milliseconds, in its largest one or two units; a negative one counts as none. */
export function spanInWords(ms: number, words: Messages): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return words.seconds(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return words.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return words.hours(hours, minutes % 60);
  return words.days(Math.floor(hours / 24), hours % 24);
}
