// Reads a device's idea of the time, mending what devices leave out.
import type { ClockMeasured } from '#contract/camera-measured.ts';
import { DeviceError } from './device-error.ts';
import { child, numberOf, textOf, type XmlNode } from './xml-node.ts';

export interface ClockReading {
  clock: ClockMeasured;
  roundTripMs: number;
}

/** When a request left, by our clock, milliseconds since 1970, and how long the answer took, by the monotonic clock. */
export interface Sent {
  at: number;
  roundTripMs: number;
}

/** Compares GetSystemDateAndTimeResponse with our own clock. Throws DeviceError `malformed` where no time can be read from it. */
export function compareClocks(response: XmlNode, { at, roundTripMs }: Sent): ClockReading {
  const { utc, utcOffsetMinutes } = deviceTime(response);
  // Devices cut their time to whole seconds: on average they are half a second further than they say.
  const offsetSeconds = (utc + 500 - (at + roundTripMs / 2)) / 1000;
  const uncertaintySeconds = roundTripMs / 2000 + 0.5;
  const clock = { offsetSeconds: rounded(offsetSeconds), uncertaintySeconds: rounded(uncertaintySeconds) };
  return { clock: utcOffsetMinutes === undefined ? clock : { ...clock, utcOffsetMinutes }, roundTripMs };
}

function deviceTime(response: XmlNode): { utc: number; utcOffsetMinutes: number | undefined } {
  const about = child(response, 'SystemDateAndTime');
  const utc = dateTime(child(about, 'UTCDateTime'));
  const local = dateTime(child(about, 'LocalDateTime'));
  const summer = textOf(about, 'DaylightSavings')?.toLowerCase() === 'true';
  const zone = textOf(about, 'TimeZone', 'TZ');
  if (utc !== undefined)
    return { utc, utcOffsetMinutes: local === undefined ? offsetOfZone(zone, summer, utc) : offsetBetween(local, utc) };
  const offset = local === undefined ? undefined : offsetOfZone(zone, summer, local);
  // UTCDateTime is mandatory, and left out all the same.
  if (local !== undefined && offset !== undefined) return { utc: local - offset * 60_000, utcOffsetMinutes: offset };
  throw new DeviceError('malformed', 'GetSystemDateAndTime: the device gives neither its UTC time nor its local time with a time zone');
}

function dateTime(node: XmlNode | undefined): number | undefined {
  const [year, month, day] = ['Year', 'Month', 'Day'].map((part) => numberOf(node, 'Date', part));
  const [hour, minute, second] = ['Hour', 'Minute', 'Second'].map((part) => numberOf(node, 'Time', part));
  if (year === undefined || month === undefined || day === undefined || hour === undefined || minute === undefined) return undefined;
  const inRange = year >= 1970 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour >= 0 && hour <= 24;
  if (!inRange || minute < 0 || minute > 59) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, Math.min(Math.max(second ?? 0, 0), 60));
}

/** Time zones lie on quarter hours; the two times may be read a moment apart. */
function offsetBetween(local: number, utc: number): number | undefined {
  return plausible(Math.round((local - utc) / 900_000) * 15);
}

/** POSIX `CST-8` (west is positive) as ONVIF wants it, `GMT+08:00` or an IANA name as some devices write it. Minutes east of Greenwich. */
function offsetOfZone(zone: string | undefined, summer: boolean, at: number): number | undefined {
  if (zone === undefined) return undefined;
  const [, name = '', sign, hours, minutes, rest = ''] =
    /^(<[^>]{1,32}>|[A-Za-z]{1,32})([+-]?)(\d{1,2})(?::?(\d{2}))?(?::\d{2})?(.*)$/.exec(zone) ?? [];
  if (hours === undefined) return offsetOfNamedZone(zone, at);
  const west = Number(hours) * 60 + Number(minutes ?? 0);
  // `GMT+08:00` with minutes is no POSIX but the everyday way of writing, in which east is positive.
  const everyday = /^(GMT|UTC)$/.test(name) && minutes !== undefined && rest === '';
  const east = (sign === '-') === everyday ? -west : west;
  return plausible(east + (summer && /[A-Za-z]/.test(rest) ? 60 : 0));
}

function offsetOfNamedZone(zone: string, at: number): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
    const text = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text) ?? [];
    return plausible((sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)));
  } catch {
    // Not a zone anyone knows.
    return undefined;
  }
}

function plausible(minutes: number): number | undefined {
  return Math.abs(minutes) <= 840 ? minutes + 0 : undefined;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
