// Tells which digit a shape is, or that it is none that can be told for sure; pure.
import type { Blob } from './blobs.ts';
import { digitShapes } from './digit-shapes.ts';

/** A shape brought to one size. */
export interface Shape {
  /** How much of each of 8×12 cells it fills, from 0 to 15, row by row. */
  cells: number[];
  /** Width by height. */
  aspect: number;
}

const across = 8;
const down = 12;
export const fullCell = 15;

/** Mean difference of the cells, from 0 to 1, up to which a shape is the digit it is most like. */
const differsMax = 0.17;
/** And so much more has it to differ from every other digit. */
const marginMin = 0.035;
const aspectWeight = 0.35;

/** How many holes a digit has: an open 4 has none, a slashed 0 two. */
const holesOf: readonly (readonly number[])[] = [[1, 2], [0], [0], [0], [0, 1], [0], [1], [0], [2], [1]];
/** Smaller ones come from coding, as a share of the box. */
const holeMin = 0.012;

const known = digitShapes.map(([digit, aspect, cells]) => ({
  digit,
  aspect,
  cells: Array.from(cells, (cell) => Number.parseInt(cell, 16)),
}));

export function readDigit(blob: Blob): number | undefined {
  const shape = shapeOf(blob);
  const nearest = new Array<number>(10).fill(Number.POSITIVE_INFINITY);
  for (const each of known) nearest[each.digit] = Math.min(nearest[each.digit] ?? 1, differenceOf(shape, each));
  const [best = 1, second = 1] = nearest.toSorted((a, b) => a - b);
  if (best > differsMax || second - best < marginMin) return undefined;
  const digit = nearest.indexOf(best);
  return holesOf[digit]?.includes(holesIn(blob)) ? digit : undefined;
}

export function shapeOf({ width, height, pixels }: Blob): Shape {
  const cells = Array.from({ length: across * down }, (_, cell) => {
    const [column, row] = [cell % across, Math.floor(cell / across)];
    const horizontal = spanOf(column, across, width);
    let filled = 0;
    for (const [y, tall] of spanOf(row, down, height))
      for (const [x, wide] of horizontal) filled += (pixels[y * width + x] ?? 0) * tall * wide;
    return Math.round((fullCell * filled * across * down) / (width * height));
  });
  return { cells, aspect: width / height };
}

/** The pixels that a cell covers, and how much of each. */
function spanOf(cell: number, cells: number, pixels: number): [number, number][] {
  const [from, to] = [(cell * pixels) / cells, ((cell + 1) * pixels) / cells];
  const span: [number, number][] = [];
  for (let at = Math.floor(from); at < Math.min(to, pixels); at += 1) span.push([at, Math.min(to, at + 1) - Math.max(from, at)]);
  return span;
}

function differenceOf(a: Shape, b: Shape): number {
  let sum = 0;
  for (let cell = 0; cell < a.cells.length; cell += 1) sum += Math.abs((a.cells[cell] ?? 0) - (b.cells[cell] ?? 0));
  return sum / a.cells.length / fullCell + aspectWeight * Math.abs(a.aspect - b.aspect);
}

function holesIn({ width, height, pixels }: Blob): number {
  const seen = Uint8Array.from(pixels);
  let holes = 0;
  for (let start = 0; start < seen.length; start += 1) {
    if (seen[start] === 1) continue;
    const members = [start];
    seen[start] = 1;
    let outside = false;
    for (let next = 0; next < members.length; next += 1) {
      const at = members[next] ?? 0;
      const x = at % width;
      if (x === 0 || x === width - 1 || at < width || at >= width * (height - 1)) outside = true;
      for (const neighbour of [x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at, at - width, at + width]) {
        if (seen[neighbour] !== 0) continue;
        seen[neighbour] = 1;
        members.push(neighbour);
      }
    }
    if (!outside && members.length >= holeMin * pixels.length) holes += 1;
  }
  return holes;
}
