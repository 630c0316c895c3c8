// When the canteen is open, as its settings say it; pure.
import { type Static, Type } from 'typebox';

const Spans = Type.Array(
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d-(([01]\\d|2[0-3]):[0-5]\\d|24:00)$', description: 'from-to, 06:00-20:30' }),
  {
    maxItems: 8,
    default: [],
  },
);

/** Local time. A day that is left out is a day the canteen is closed. */
export const OpeningHours = Type.Object(
  {
    timeZone: Type.String({ minLength: 1, maxLength: 64, default: 'Asia/Shanghai', description: 'name of the local time zone' }),
    monday: Spans,
    tuesday: Spans,
    wednesday: Spans,
    thursday: Spans,
    friday: Spans,
    saturday: Spans,
    sunday: Spans,
  },
  { additionalProperties: false, description: 'outside them a dark picture is not judged; without them it always is' },
);
export type OpeningHours = Static<typeof OpeningHours>;

/** By name: that of the opening hours, or the one time zone of China where none are set. */
export function timeZoneOf(hours: OpeningHours | undefined): string {
  return hours?.timeZone ?? 'Asia/Shanghai';
}

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** `at`: milliseconds since 1970. */
export function isOpenAt(hours: OpeningHours | undefined, at: number): boolean {
  if (hours === undefined) return true;
  const { day, time } = localTime(hours.timeZone, at);
  return hours[day].some((span) => {
    const [from = '', to = ''] = span.split('-');
    return from <= time && time < to;
  });
}

/** What is wrong with them that no schema can say. */
export function problemOfHours(hours: OpeningHours | undefined): string | undefined {
  if (hours === undefined) return undefined;
  if (!isTimeZone(hours.timeZone)) return `openingHours.timeZone: "${hours.timeZone}" is no time zone; Asia/Shanghai is one`;
  const spans = days.flatMap((day) => hours[day]);
  if (spans.length === 0)
    return 'openingHours: no day has any, so that no dark picture would ever be told; without openingHours the canteen is always open';
  const backwards = spans.find((span) => span.slice(0, 5) >= span.slice(6));
  return backwards === undefined
    ? undefined
    : `openingHours: ${backwards} ends before it begins; a night is written as two spans, on two days`;
}

/** `time`: `HH:MM`, which compares as text. */
function localTime(timeZone: string, at: number): { day: (typeof days)[number]; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  const day = days.find((each) => each === part('weekday').toLowerCase()) ?? 'sunday';
  return { day, time: `${part('hour')}:${part('minute')}` };
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
