// Pictures made up pixel by pixel, for tests that need no camera.
import { type Still, stillHeight, stillWidth } from '../../../gateway/pictures/still.ts';

/** Without colour. */
export function drawn(luma: (x: number, y: number) => number): Still {
  const pixels = Uint8Array.from({ length: stillWidth * stillHeight }, (_, at) => luma(at % stillWidth, Math.floor(at / stillWidth)));
  const grey = new Uint8Array(pixels.length / 4).fill(128);
  return { luma: pixels, u: grey, v: grey };
}

/** Nothing but a mild shade from one side to the other. */
export const whiteWall = drawn((x) => 150 + (60 * x) / stillWidth);
/** Light and dark tiles, 40 pixels wide. */
export const tiles = drawn((x, y) => ((Math.floor(x / 40) + Math.floor(y / 40)) % 2 === 0 ? 60 : 180));
