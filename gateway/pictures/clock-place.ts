// Learns where a camera writes its clock into the picture, and tells whether that clock runs; pure.
import { blocksAcross, blocksDown, type Change } from './change.ts';

/** How often each block of the margins changed, among so many pairs of pictures that showed a quiet scene. */
export interface ClockMemory {
  pairs: number;
  changes: Record<string, number>;
}

export const noClock: ClockMemory = { pairs: 0, changes: {} };

/** Blocks: makers write the clock along the upper or lower edge. */
const margin = 4;
/** More blocks than this are people at work, and tell nothing of a clock. */
const quietBlocksMax = 16;
const pairsMin = 6;
const pairsMax = 60;
/** A digit may by chance be the same twice. */
const nearlyAlways = 0.75;

/** Takes in what changed between two pictures about a minute apart. */
export function learnClock(memory: ClockMemory, { blocks }: Change): ClockMemory {
  if (blocks.length === 0 || blocks.length > quietBlocksMax) return memory;
  const { pairs, changes } = memory.pairs < pairsMax ? memory : halved(memory);
  const grown = blocks.filter(isInMargin).map((block) => [block, (changes[block] ?? 0) + 1] as const);
  return { pairs: pairs + 1, changes: { ...changes, ...Object.fromEntries(grown) } };
}

/** The blocks of the clock; none where no clock is known. */
export function clockBlocks({ pairs, changes }: ClockMemory): number[] {
  if (pairs < pairsMin) return [];
  return Object.entries(changes).flatMap(([block, count]) => (count >= nearlyAlways * pairs ? [Number(block)] : []));
}

function isInMargin(block: number): boolean {
  const row = Math.floor(block / blocksAcross);
  return row < margin || row >= blocksDown - margin;
}

/** What was learnt long ago weighs less: an overlay can be moved or switched off. */
function halved({ pairs, changes }: ClockMemory): ClockMemory {
  const older = Object.entries(changes).flatMap(([block, count]) => (count < 2 ? [] : [[block, Math.floor(count / 2)] as const]));
  return { pairs: Math.floor(pairs / 2), changes: Object.fromEntries(older) };
}
