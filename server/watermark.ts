// Which sequences of one outbox are accounted for: stored, declared lost, or refused. Pure; the acknowledgement is read off it.
import type { Watermark } from './stores/commit.ts';

/**
 * A gateway sends its present state before its backlog, so a few ranges wait for the gap below them to fill.
 * One that scatters more than this is not ours; the rest of it waits in its own outbox.
 */
const rangesMax = 4096;

export function newWatermark(canteen: string, epoch: string): Watermark {
  return { canteen, epoch, through: 0, beyond: [] };
}

export function isAccounted({ through, beyond }: Watermark, sequence: number): boolean {
  return sequence <= through || beyond.some(([from, to]) => from <= sequence && sequence <= to);
}

/** Accounts for `from` to `to`, both included; undefined where that would leave too many separate ranges. */
export function account(mark: Watermark, from: number, to: number): Watermark | undefined {
  const apart = mark.beyond.filter((range) => range[1] < from - 1 || range[0] > to + 1);
  const touching = mark.beyond.filter((range) => range[1] >= from - 1 && range[0] <= to + 1);
  const merged: [number, number] = [Math.min(from, ...touching.map(([start]) => start)), Math.max(to, ...touching.map(([, end]) => end))];
  const beyond = [...apart, merged].toSorted(([a], [b]) => a - b);
  const [first, ...rest] = beyond;
  if (first !== undefined && first[0] <= mark.through + 1) return { ...mark, through: Math.max(mark.through, first[1]), beyond: rest };
  return beyond.length > rangesMax ? undefined : { ...mark, beyond };
}
