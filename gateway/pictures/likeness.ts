// How far a picture shows the same scene as a reference: whether the edges of the one stand where those of the other do, block by block; pure.
import { type Still, stillHeight, stillWidth } from './still.ts';

/** The edges of a picture at 320×180, 0 to 255. */
export type Outline = Uint8Array;

/** Of each block in which the reference has edges: 1 where they are all there, near 0 where others are, or none. */
export interface Likeness {
  blocks: number[];
  /** Of the same blocks, those where nothing is to be seen any more. */
  empty: boolean[];
}

const width = stillWidth / 2;
const height = stillHeight / 2;
const size = 10;
const across = width / size;
const down = height / size;
/** Edges weaker than this, as a standard deviation, are noise. */
const edgedFrom = 12;
/** What is left of them where something stands before the lens. */
const emptyBelow = 0.25;
const blocksMin = 20;

/** Edges rather than brightness: they stay where they are when the light changes, or the camera goes over to infrared. */
export function outlineOf({ luma }: Pick<Still, 'luma'>): Outline {
  const grey = halved(luma);
  const outline = new Uint8Array(width * height);
  for (let y = 1; y < height - 1; y += 1)
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const right = (grey[at + 1] ?? 0) - (grey[at - 1] ?? 0);
      const below = (grey[at + width] ?? 0) - (grey[at - width] ?? 0);
      outline[at] = Math.min(255, Math.sqrt(right * right + below * below)); // several times as fast as Math.hypot
    }
  return outline;
}

/** Undefined where the reference has too few edges to tell anything by. */
export function likenessOf(outline: Outline, reference: Outline): Likeness | undefined {
  const found: Likeness = { blocks: [], empty: [] };
  for (let block = 0; block < across * down; block += 1) {
    const { deviation, referenceDeviation, covariance } = compare(outline, reference, block);
    if (referenceDeviation < edgedFrom) continue;
    // The part of similarity that more or less light leaves alone.
    found.blocks.push(covariance / (Math.max(deviation, edgedFrom / 2) * referenceDeviation));
    found.empty.push(deviation < emptyBelow * referenceDeviation);
  }
  return found.blocks.length < blocksMin ? undefined : found;
}

function halved(luma: Uint8Array): Uint8Array {
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = 2 * y * stillWidth + 2 * x;
      const four = (luma[at] ?? 0) + (luma[at + 1] ?? 0) + (luma[at + stillWidth] ?? 0) + (luma[at + stillWidth + 1] ?? 0);
      grey[y * width + x] = four / 4;
    }
  return grey;
}

function compare(outline: Outline, reference: Outline, block: number) {
  const [left, top] = [(block % across) * size, Math.floor(block / across) * size];
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let y = top; y < top + size; y += 1)
    for (let at = y * width + left; at < y * width + left + size; at += 1) {
      const [here, there] = [outline[at] ?? 0, reference[at] ?? 0];
      a += here;
      b += there;
      aa += here * here;
      bb += there * there;
      ab += here * there;
    }
  const count = size * size;
  return {
    deviation: Math.sqrt(Math.max(0, aa / count - (a / count) ** 2)),
    referenceDeviation: Math.sqrt(Math.max(0, bb / count - (b / count) ** 2)),
    covariance: ab / count - (a * b) / count ** 2,
  };
}
