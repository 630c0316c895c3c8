// What of the footage has to go, what must stay, and whether the disk will do; pure.
import { chinaOffsetMinutes } from '../recorders/footage-source.ts';
import type { KeptSegment } from './segment.ts';

/** Never shorter without a fault told before, never longer at all. */
export interface Keeping {
  /** Whole calendar days besides today, as standards count them. */
  minDays: number;
  /** Of 24 hours, to the moment. */
  maxDays?: number | undefined;
  /** So much of the disk stays free. */
  keepFreeBytes: number;
}

export interface RetentionState {
  /** The oldest segments there are, oldest first. */
  oldest: readonly KeptSegment[];
  /** Milliseconds since 1970. */
  now: number;
  /** False where the clock leapt not long ago: what it calls old may be of today. */
  clockTrusted: boolean;
  /** A fault has been told because of this disk: only then the least number of days may be broken. */
  faultTold: boolean;
  freeBytes: number;
}

export interface Retention {
  remove: KeptSegment[];
  /** Room that is lacking, and can only be made out of footage that should stay. */
  lackingBytes: number;
  /** There is no room left to record into. */
  full: boolean;
}

const dayMs = 86_400_000;
/** Of what is to stay free, recording itself may use all but this share while the fault is on its way. */
const lastReserve = 1 / 4;

export function planRetention(
  { oldest, now, clockTrusted, faultTold, freeBytes }: RetentionState,
  { minDays, maxDays, keepFreeBytes }: Keeping,
): Retention {
  const tooOld = (segment: KeptSegment) => clockTrusted && maxDays !== undefined && segment.to < now - maxDays * dayMs;
  const mayGo = (segment: KeptSegment) => segment.to < keptFrom(now, minDays);
  const remove: KeptSegment[] = [];
  let free = freeBytes;
  let lackingBytes = 0;
  for (const segment of oldest) {
    const short = free < keepFreeBytes;
    if (short && !mayGo(segment)) lackingBytes = Math.max(lackingBytes, keepFreeBytes - free);
    if (!tooOld(segment) && !(short && (mayGo(segment) || faultTold))) break;
    remove.push(segment);
    free += segment.bytes;
  }
  if (remove.length === oldest.length) lackingBytes = Math.max(lackingBytes, keepFreeBytes - free);
  return { remove, lackingBytes, full: free < keepFreeBytes * lastReserve };
}

/** What is newer has to stay: the beginning of the first of the least days. */
export function keptFrom(now: number, minDays: number): number {
  const offsetMs = chinaOffsetMinutes * 60_000;
  return Math.floor((now + offsetMs) / dayMs) * dayMs - offsetMs - minDays * dayMs;
}

/** How many days of footage the disk has room for; undefined while nothing tells how much a day is. */
export function daysOfRoom(
  { heldBytes, freeBytes, bytesPerDay }: { heldBytes: number; freeBytes: number; bytesPerDay: number },
  { keepFreeBytes }: Keeping,
): number | undefined {
  return bytesPerDay <= 0 ? undefined : Math.max(0, heldBytes + freeBytes - keepFreeBytes) / bytesPerDay;
}
