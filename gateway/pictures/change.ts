// What differs between two pictures of one camera, told by blocks of 16×16 pixels; pure.
import { type Still, stillHeight, stillWidth } from './still.ts';

export interface Change {
  /** How many pixels differ by more than coding alone would make them. */
  pixels: number;
  /** The blocks with several such pixels, by number, row by row. */
  blocks: number[];
}

export const blockSize = 16;
export const blocksAcross = stillWidth / blockSize;
export const blocksDown = Math.ceil(stillHeight / blockSize);

/** The same scene coded anew, with more or fewer bits, differs by less; a digit of an overlay by far more. */
const differsBy = 48;
const pixelsOfBlock = 3;
/** The smallest thing that counts as life: a digit’s stroke. */
const livesFromPixels = 6;

export function changeBetween(before: Pick<Still, 'luma'>, after: Pick<Still, 'luma'>): Change {
  const counts = new Uint16Array(blocksAcross * blocksDown);
  let pixels = 0;
  for (let at = 0; at < after.luma.length; at += 1) {
    if (Math.abs((after.luma[at] ?? 0) - (before.luma[at] ?? 0)) <= differsBy) continue;
    pixels += 1;
    const block = Math.floor(at / stillWidth / blockSize) * blocksAcross + Math.floor((at % stillWidth) / blockSize);
    counts[block] = (counts[block] ?? 0) + 1;
  }
  return { pixels, blocks: [...counts.entries()].flatMap(([block, count]) => (count < pixelsOfBlock ? [] : [block])) };
}

/** Whether something moved, be it only the digits of a clock. */
export function isAlive({ pixels }: Change): boolean {
  return pixels >= livesFromPixels;
}
