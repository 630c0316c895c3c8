// Obstacles as the geometry uses them: healed, and in convex parts, for only a convex body's shadow is the hull of its ends.
import type { PlanObstacle } from '#contract/plan.ts';
import { type Bounds, boundsOf, counterClockwise, hull, innerSides, isConvex, type Point, type Slope } from './polygon.ts';
import { polygonsOf, type Region, regionOf, trianglesOf } from './region.ts';

export interface Solid {
  id: string;
  /** Metres above the floor; the top is infinite for what reaches the ceiling. */
  bottom: number;
  top: number;
  region: Region;
  parts: Part[];
}

export interface Part {
  /** Counter-clockwise. */
  polygon: readonly Point[];
  /** Of its edges, in their order. */
  sides: readonly Slope[];
  bounds: Bounds;
}

export function solidOf({ id, polygon, bottom = 0, top }: PlanObstacle): Solid {
  const region = regionOf([polygon]);
  const parts = partsOf(polygon, region).map(counterClockwise).map(partOf);
  return { id, bottom, top: top ?? Number.POSITIVE_INFINITY, region, parts };
}

function partOf(polygon: readonly Point[]): Part {
  return { polygon, sides: innerSides(polygon), bounds: boundsOf(polygon) };
}

function partsOf(drawn: readonly Point[], region: Region): (readonly Point[])[] {
  if (isConvex(drawn)) return [drawn];
  // Should a shape defeat it, its hull hides too much rather than too little.
  return trianglesOf(region) ?? polygonsOf(region).map(hull);
}

/** What stands on, or goes through, the plane at this height. */
export function occupies({ bottom, top }: Solid, plane: number): boolean {
  return bottom <= plane && plane < top;
}
