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
export function blobsOf({ luma, width, height }: Grey, { threshold, dark, sizeMax }: Sought): Blob[] {
  const open = new Uint8Array(luma.length);
  for (let row = 1; row < height - 1; row += 1)
    for (let at = row * width + 1; at < (row + 1) * width - 1; at += 1) open[at] = (luma[at] ?? 0) >= threshold !== dark ? 1 : 0;
  const members = new Int32Array(luma.length);
  const blobs: Blob[] = [];
  for (let at = 0; at < open.length; at += 1) {
    if (open[at] !== 1) continue;
    const count = fill(open, at, { members, width });
    const blob = count < pixelsMin ? undefined : boxed(members.subarray(0, count), width, sizeMax);
    if (blob !== undefined) blobs.push(blob);
  }
  return blobs;
}

/** Writes down where the shape is that `start` belongs to, and takes it out of `open`. Pixels that touch by a corner belong together. */
function fill(open: Uint8Array, start: number, { members, width }: { members: Int32Array; width: number }): number {
  let count = 1;
  members[0] = start;
  open[start] = 0;
  for (let next = 0; next < count; next += 1) {
    const at = members[next] ?? 0;
    for (let row = at - width; row <= at + width; row += width) {
      for (let neighbour = row - 1; neighbour <= row + 1; neighbour += 1) {
        if (open[neighbour] !== 1) continue;
        open[neighbour] = 0;
        members[count] = neighbour;
        count += 1;
      }
    }
  }
  return count;
}

function boxed(members: Int32Array, across: number, sizeMax: number): Blob | undefined {
  let [left, right, top, bottom] = [across, 0, Number.POSITIVE_INFINITY, 0];
  for (const at of members) {
    const x = at % across;
    const y = (at - x) / across;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const [width, height] = [right - left + 1, bottom - top + 1];
  if (Math.max(width, height) > sizeMax) return undefined;
  const pixels = new Uint8Array(width * height);
  for (const at of members) pixels[(Math.floor(at / across) - top) * width + (at % across) - left] = 1;
  return { left, top, width, height, pixels };
}
