// One keyframe in a file, decoded: its size, a small still of it, and the time written into it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureMeasured } from '#contract/picture.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Grey } from '../overlay-clock/blobs.ts';
import { readClock, type ShownTime } from '../overlay-clock/read-clock.ts';
import { readStill, type Still } from '../pictures/still.ts';
import { decodeKeyframe, type KeyframeFile } from './ffmpeg.ts';

/** Pixels. */
type Size = Pick<PictureMeasured, 'width' | 'height'>;

export interface Keyframe {
  size: Size;
  still: Still;
  shown: ShownTime | undefined;
}

/** `folder`: where pictures may lie meanwhile. Throws DeviceError `does-not-decode`. */
export async function readKeyframe({ folder, ...asked }: KeyframeFile & { folder: string }): Promise<Keyframe> {
  const files = { pixels: join(folder, 'pixels'), margins: join(folder, 'margins') };
  const size = sizePrinted(await decodeKeyframe({ ...asked, ...files }));
  const still = readStill(await readFile(files.pixels));
  if (still === undefined || size === undefined)
    throw new DeviceError('does-not-decode', 'packets came, but no whole picture could be decoded from them');
  return { size, still, shown: readClock(marginsOf(await readFile(files.margins), size)) };
}

/** The upper and the lower margin, which are of one size. */
function marginsOf(luma: Uint8Array, { width }: Size): Grey[] {
  const height = Math.floor(luma.length / width / 2);
  const half = width * height;
  return [luma.subarray(0, half), luma.subarray(half, 2 * half)].map((part) => ({ luma: part, width, height }));
}

/** The size is that of the decoded picture: what a stream says of itself need not be so. */
function sizePrinted(printed: string): Size | undefined {
  // The decoder paints over what is missing, and is content.
  if (/concealing \d+ DC/.test(printed)) throw new DeviceError('does-not-decode', 'only part of the picture could be decoded');
  const [width, height] = /showinfo.* s:(\d+)x(\d+) /.exec(printed)?.slice(1).map(Number) ?? [];
  return width === undefined || height === undefined ? undefined : { width, height };
}
