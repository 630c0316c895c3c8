// Times as recorders label their files with them: wall-clock time, with or without a zone behind it; pure.

export interface TimeLabel {
  /** Milliseconds since 1970. */
  at: number;
  /** False where the label names no zone, or a `Z` that cannot be believed: then it was read as the recorder's local time. */
  zoned: boolean;
}

const form = /^(\d{4})-(\d{1,2})-(\d{1,2})[T ] ?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,9})?(?:Z|([+-])(\d{2}):?(\d{2}))?$/i;

/** `2026-11-22T08:00:00Z`, `2026-11-22T08:00:00+08:00`, `2026-1-2 8:00:00`. Undefined for anything that is no time. */
export function readTimeLabel(text: string | undefined, utcOffsetMinutes: number): TimeLabel | undefined {
  const [, ...parts] = form.exec(text?.trim() ?? '') ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 60) return undefined;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // 31 April would silently become 1 May.
  if (midnight.getUTCDate() !== day) return undefined;
  const wall = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
  const [sign, hours, minutes] = parts.slice(6);
  if (sign === undefined) return { at: wall - utcOffsetMinutes * 60_000, zoned: false };
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return { at: wall - offset * 60_000, zoned: true };
}

/** `2026-11-22 08:00:00` as the recorder's wall clock shows that instant. */
export function writeTimeLabel(at: number, utcOffsetMinutes: number): string {
  return new Date(at + utcOffsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

const slackMs = 300_000;
const stillRecordingMs = 3_600_000;

/**
 * Whether labels read as local time may be UTC after all: they lie in the future, or they would, read as UTC, end just now. The other
 * reading of the latter is a recorder that stopped as long ago as its zone is wide; nothing in the labels tells the two apart.
 */
export function zoneInDoubt({ newest, now, utcOffsetMinutes }: { newest: number; now: number; utcOffsetMinutes: number }): boolean {
  if (utcOffsetMinutes === 0) return false;
  const asUtc = newest + utcOffsetMinutes * 60_000;
  return newest > now + slackMs || (asUtc <= now + slackMs && asUtc >= now - stillRecordingMs);
}
