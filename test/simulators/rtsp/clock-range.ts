// Absolute times in the Range header (RFC 2326 section 3.7), the way replay is asked for.

/** Milliseconds since 1970; without `to` the range is open. */
export interface ClockRange {
  from: number;
  to?: number | undefined;
}

/** `undefined` where the header gives no absolute time, `'invalid'` where it tries to and fails. */
export function parseClockRange(header: string | undefined): ClockRange | 'invalid' | undefined {
  if (header === undefined || !/^clock\s*=/.test(header)) return undefined;
  const [, first = '', second = ''] = /^clock\s*=\s*([\dTZ.]+)-([\dTZ.]*)\s*(?:;.*)?$/.exec(header) ?? [];
  const from = parseUtcTime(first);
  const to = second === '' ? undefined : parseUtcTime(second);
  // ONVIF Streaming: for forward playback, the only one offered here, a closed range increases.
  if (from === undefined || (second !== '' && (to === undefined || to < from))) return 'invalid';
  return { from, to };
}

export function formatClockRange({ from, to }: ClockRange): string {
  return `clock=${formatUtcTime(from)}-${to === undefined ? '' : formatUtcTime(to)}`;
}

function parseUtcTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '.0'] = parts;
  const wholeSecond = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(wholeSecond) ? undefined : wholeSecond + Number(`0${fraction}`) * 1000;
}

/** YYYYMMDDThhmmss.sssZ */
function formatUtcTime(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '');
}
