// What light and colour a picture holds; pure.
import type { Still } from './still.ts';

export interface Light {
  /** Share of pixels darker than luma 32. */
  blackPercent: number;
  meanLuma: number;
  /** From the darkest tenth of the pixels to the brightest. */
  lumaSpread: number;
  /** Mean distance of the pixels from grey: near nothing in a picture taken by infrared. */
  saturation: number;
  /** The middle of all pixels’ blue and red; 128 is grey. */
  blue: number;
  red: number;
}

/** Below it a camera has switched to infrared, or to black and white. */
const colourlessBelow = 5;
const darkBelow = 32;

export function readLight({ luma, u, v }: Still): Light {
  const histogram = histogramOf(luma);
  const dark = histogram.slice(0, darkBelow).reduce((sum, count) => sum + count, 0);
  let luminous = 0;
  for (const [level, count] of histogram.entries()) luminous += level * count;
  let coloured = 0;
  for (let at = 0; at < u.length; at += 1) {
    const blue = (u[at] ?? 128) - 128;
    const red = (v[at] ?? 128) - 128;
    coloured += Math.sqrt(blue * blue + red * red); // several times as fast as Math.hypot
  }
  return {
    blackPercent: (100 * dark) / luma.length,
    meanLuma: luminous / luma.length,
    lumaSpread: levelAt(histogram, 0.9 * luma.length) - levelAt(histogram, 0.1 * luma.length),
    saturation: coloured / u.length,
    blue: levelAt(histogramOf(u), u.length / 2),
    red: levelAt(histogramOf(v), v.length / 2),
  };
}

export function isColourless({ saturation }: Light): boolean {
  return saturation < colourlessBelow;
}

function histogramOf(plane: Uint8Array): Uint32Array {
  const histogram = new Uint32Array(256);
  for (let at = 0; at < plane.length; at += 1) {
    const level = plane[at] ?? 0;
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  return histogram;
}

/** The level up to which so many pixels are. */
function levelAt(histogram: Uint32Array, pixels: number): number {
  let below = 0;
  return histogram.findIndex((count) => {
    below += count;
    return below >= pixels;
  });
}
