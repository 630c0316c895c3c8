// One finished piece of footage, and the name its file has: the name alone tells whose footage it is and of when; pure.

/** Milliseconds since 1970, by the gateway's clock when the pictures came in. */
export interface Segment {
  camera: string;
  from: number;
  to: number;
}

/** A segment in a file; `file` is relative to the folder of the recording. */
export interface KeptSegment extends Segment {
  file: string;
  bytes: number;
}

export const extension = '.mkv';

/** `cooking-1/2026-11-25/20261125T080000123Z-20261125T080500087Z.mkv`. */
export function fileOf({ camera, from, to }: Segment): string {
  return `${camera}/${new Date(from).toISOString().slice(0, 10)}/${label(from)}-${label(to)}${extension}`;
}

/** Undefined for a file that is none of ours. */
export function segmentIn(file: string): Segment | undefined {
  const [camera, , name] = file.split('/');
  const [from, to] = (name ?? '').replace(extension, '').split('-').map(instant);
  if (camera === undefined || from === undefined || to === undefined || to <= from) return undefined;
  const segment = { camera, from, to };
  return fileOf(segment) === file ? segment : undefined;
}

/** A clock that is set while a file is written would make it longer than the time that passed. */
export function settledSpan({ from, to }: { from: number; to: number }, elapsedMs: number): { from: number; to: number } {
  const toleranceMs = 1000;
  return { from: Math.round(from), to: Math.round(Math.min(to, from + elapsedMs + toleranceMs)) };
}

function label(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:.]/g, '');
}

function instant(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second, milli] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
  return Number.isNaN(at) ? undefined : at;
}
