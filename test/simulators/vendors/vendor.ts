// What a maker’s own interface is built from, and how a history becomes the files it tells of.
import type { Faults } from '../faults.ts';
import type { Footage } from '../footage.ts';
import type { DeviceClock } from '../onvif/device-clock.ts';
import type { MakerPages } from '../onvif/http-device.ts';
import type { Recording } from '../onvif/recordings.ts';
import type { SimulatedDisk } from './disk.ts';

export interface Vendor {
  manufacturer: string;
  model: string;
  pages(parts: VendorParts): MakerPages;
  /** Which file an RTSP address plays, and from when on; undefined where it is none of play-back, or there is nothing of that time. */
  played(address: { path: string; query: URLSearchParams }, parts: VendorParts): Moment | undefined;
}

/** By the recorder’s clock. */
export interface Moment {
  recording: Recording;
  at: number;
}

export interface VendorParts {
  recordings: readonly Recording[];
  faults: Faults;
  clock: DeviceClock;
  disk: SimulatedDisk;
  now(): number;
}

/** The files that touch a stretch of time, by the recorder’s clock: recorders begin a new one every so often. */
export function filesOf(
  recording: Recording | undefined,
  { clock, now, from, to, fileMs }: Pick<VendorParts, 'clock' | 'now'> & { from: number; to: number; fileMs: number },
): Footage {
  const ahead = clock.utc() - now();
  const held = (recording?.log.footage() ?? []).map((span) => ({ from: span.from + ahead, to: span.to + ahead }));
  return held.flatMap((span) => pieces(span, fileMs)).filter((file) => file.to > from && file.from < to);
}

function pieces(span: Footage[number], fileMs: number): Footage[number][] {
  const files: Footage[number][] = [];
  for (let { from } = span; from < span.to; ) {
    const to = Math.min((Math.floor(from / fileMs) + 1) * fileMs, span.to);
    files.push({ from, to });
    from = to;
  }
  return files;
}

/** The first that is held of what is asked for. NaN for times that are none. */
export function momentIn(files: Footage, { recording, from }: { recording: Recording | undefined; from: number }): Moment | undefined {
  const [first] = files;
  return first === undefined || recording === undefined ? undefined : { recording, at: Math.max(first.from, from) };
}

/** `2026-11-22 08:00:00`, the recorder’s wall clock. */
export function wallClock(time: number, { utcOffsetMinutes }: DeviceClock): string {
  return new Date(time + utcOffsetMinutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** NaN where it is no time. */
export function fromWallClock(text: string, { utcOffsetMinutes }: DeviceClock): number {
  return Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`) - utcOffsetMinutes * 60_000;
}
