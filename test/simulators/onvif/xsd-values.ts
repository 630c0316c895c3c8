// Times and durations as XML Schema writes them.

/** Milliseconds of an xs:duration such as `PT1M30S` or `P1D`; undefined where it is none. A month counts 30 days, a year 365. */
export function parseDuration(text: string): number | undefined {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null || /[PT]$/.test(text)) return undefined;
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const wholeDays = years * 365 + months * 30 + days;
  return (((wholeDays * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** Milliseconds since 1970 of an xs:dateTime; one without a zone is taken as UTC. Undefined where it is none. */
export function parseInstant(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(text)) return undefined;
  const time = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** UTC with the `Z`, as a device has to answer. */
export function instant(time: number): string {
  return new Date(time).toISOString();
}

/** The offset a POSIX time zone without summer time names, in minutes east of Greenwich. POSIX counts west: `CST-8` is China, +480. */
export function utcOffsetMinutes(posix: string): number {
  const [, sign, hours, minutes] = /^[A-Za-z<>+\-0-9]*?[A-Za-z>]([+-]?)(\d{1,2})(?::(\d\d))?$/.exec(posix) ?? [];
  if (hours === undefined) throw new RangeError(`The time zone "${posix}" is not a POSIX zone without summer time, such as CST-8.`);
  const west = Number(hours) * 60 + Number(minutes ?? 0);
  return sign === '-' ? west : -west;
}
