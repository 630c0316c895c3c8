// One picture of a camera, small: 640×360, brightness at every pixel and colour at every second one.

export interface Still {
  /** 0 to 255 for each of 640×360 pixels, row by row; black is 16, white 235. */
  luma: Uint8Array;
  /** Blue and red against grey, which is 128, for each of 320×180 pixels. */
  u: Uint8Array;
  v: Uint8Array;
}

export const stillWidth = 640;
export const stillHeight = 360;
const pixels = stillWidth * stillHeight;
/** Of one still in ffmpeg’s `yuv420p`. */
export const stillBytes = pixels * 1.5;

/** Undefined where the bytes are not one whole picture. */
export function readStill(yuv420p: Uint8Array): Still | undefined {
  if (yuv420p.length !== stillBytes) return undefined;
  return {
    luma: yuv420p.subarray(0, pixels),
    u: yuv420p.subarray(pixels, pixels * 1.25),
    v: yuv420p.subarray(pixels * 1.25),
  };
}
