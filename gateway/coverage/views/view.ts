// What a camera's lens takes in of horizontal planes below it, before anything stands in the way.
import type { Bounds, Point } from '../polygon.ts';
import type { Region } from '../region.ts';

/** A horizontal plane below the camera, and what of it matters. */
export interface Look {
  /** Metres above the floor. */
  plane: number;
  box: Bounds;
  /** Pixels a metre must have; 0: any. */
  pixelsPerMetre: number;
}

export interface View {
  /** What of the box is in the picture, with at least that density. */
  footprint(look: Look): Region;
  /** Pixels a metre across has there, or undefined where the point is not in the picture. */
  density(point: Point, plane: number): number | undefined;
}

/** Where the lens is, and how many of the planned pixels really come: 1 for all, 0.5 for half of them each way. */
export interface Mounted {
  foot: Point;
  height: number;
  pixelShare: number;
}

/** A place just dense enough must not be lost to rounding. */
export const justEnough = 1 + 1e-9;
