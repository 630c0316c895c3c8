// Finds the connected shapes of one brightness in a grey picture: what may be letters and digits; pure.

/** A part of a picture: 0 to 255 for each pixel, row by row. */
export interface Grey {
  luma: Uint8Array;
  width: number;
  height: number;
}

/** One shape, and the box around it. */
export interface Blob {
  left: number;
  top: number;
  width: number;
  height: number;
  /** 1 where the shape is, 0 elsewhere, for each pixel of the box. */
  pixels: Uint8Array;
}

export interface Sought {
  /** Pixels of this luma and brighter; where `dark`, darker ones. */
  threshold: number;
  dark: boolean;
  /** Pixels: what is higher or wider is no letter. */
  sizeMax: number;
}

/** A single pixel is noise. */
const pixelsMin = 3;

/** What touches the edge of the picture is cut off, and is left out. */
export function blobsOf(grey: Grey, sought: Sought): Blob[] {
  const runs = runsOf(grey, sought);
  const shapes = new Map<number, Shape>();
  for (let run = 0; run < runs.from.length; run += 1) {
    const { row, from, to } = runAt(runs, run);
    const first = firstOf(runs, run);
    const shape = shapes.get(first);
    if (shape === undefined) shapes.set(first, { left: from, right: to, top: row, bottom: row, count: to - from, runs: [run] });
    else {
      if (from < shape.left) shape.left = from;
      if (to > shape.right) shape.right = to;
      shape.bottom = row;
      shape.count += to - from;
      shape.runs.push(run);
    }
  }
  return [...shapes.values()].flatMap((shape) => (shape.count < pixelsMin ? [] : boxed(shape, runs, sought.sizeMax)));
}

/**
 * The pixels of a picture that are sought, as runs along its rows, the uppermost first. Far fewer than the pixels, most of which belong to
 * large areas of one brightness.
 */
interface Runs {
  row: number[];
  from: number[];
  /** The column behind the last. */
  to: number[];
  /** An earlier run of the same shape, or the run itself. */
  earlier: number[];
}

function runsOf({ luma, width, height }: Grey, { threshold, dark }: Sought): Runs {
  const runs: Runs = { row: [], from: [], to: [], earlier: [] };
  let above = 0;
  for (let row = 1; row < height - 1; row += 1) {
    const begun = runs.from.length;
    const start = row * width;
    for (let x = 1; x < width - 1; x += 1) {
      if ((luma[start + x] ?? 0) >= threshold === dark) continue;
      const from = x;
      while (x < width - 1 && (luma[start + x] ?? 0) >= threshold !== dark) x += 1;
      runs.earlier.push(runs.from.length);
      runs.row.push(row);
      runs.from.push(from);
      runs.to.push(x);
    }
    joinRows(runs, above, begun);
    above = begun;
  }
  return runs;
}

/** Joins the runs from `begun` on, which are of one row, to those from `above` on, which are of the row above it. Pixels that touch by a corner belong together. */
function joinRows(runs: Runs, above: number, begun: number): void {
  const { from, to, earlier } = runs;
  let upper = above;
  for (let run = begun; run < from.length; run += 1) {
    const [left = 0, right = 0] = [from[run], to[run]];
    while (upper < begun && (to[upper] ?? 0) < left) upper += 1;
    for (let touching = upper; touching < begun && (from[touching] ?? 0) <= right; touching += 1) {
      const [a, b] = [firstOf(runs, touching), firstOf(runs, run)];
      earlier[Math.max(a, b)] = Math.min(a, b);
    }
  }
}

/** The first run of the shape that a run belongs to; the way there is made shorter for the next time. */
function firstOf({ earlier }: Runs, run: number): number {
  let at = run;
  for (;;) {
    const next = earlier[at] ?? at;
    if (next === at) return at;
    const further = earlier[next] ?? next;
    earlier[at] = further;
    at = further;
  }
}

interface Shape {
  left: number;
  /** The column behind the last. */
  right: number;
  top: number;
  bottom: number;
  /** Pixels. */
  count: number;
  runs: number[];
}

function boxed({ left, right, top, bottom, runs: own }: Shape, runs: Runs, sizeMax: number): Blob[] {
  const [width, height] = [right - left, bottom - top + 1];
  if (Math.max(width, height) > sizeMax) return [];
  const pixels = new Uint8Array(width * height);
  for (const run of own) {
    const { row, from, to } = runAt(runs, run);
    pixels.fill(1, (row - top) * width + from - left, (row - top) * width + to - left);
  }
  return [{ left, top, width, height, pixels }];
}

function runAt({ row, from, to }: Runs, run: number): { row: number; from: number; to: number } {
  return { row: row[run] ?? 0, from: from[run] ?? 0, to: to[run] ?? 0 };
}
