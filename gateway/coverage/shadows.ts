// What an obstacle hides of a horizontal plane, and whether it stands between a camera and one point.
import { at, type Bounds, boundsOf, cornersOf, cut, distance, edgesOf, meet, type Point, type Slope, scaled, sidesOf } from './polygon.ts';
import type { Part, Solid } from './solids.ts';

export interface Eye {
  foot: Point;
  /** Metres above the floor. */
  height: number;
}

/** The part of a plane that matters: what lies within any of the sides' wrong side is of no interest. */
export interface Ground {
  plane: number;
  box: Bounds;
  sides: readonly Slope[];
}

/** Beyond this a shadow is cut off, metres: whole numbers would get too large. */
const longestMetres = 200;

/** The shadows of the solid's parts on the plane, counter-clockwise; none that does not reach the ground. The eye is above the plane. */
export function shadowsOf(solid: Solid, eye: Eye, ground: Ground): (readonly Point[])[] {
  const { plane, box, sides } = ground;
  if (solid.top <= plane || solid.bottom >= eye.height) return [];
  // A ray over q at height s meets the plane at foot + k(s)·(q − foot). The slices of a convex body are convex and grow evenly, so the hull of its two ends is all of them.
  const near = factor(Math.max(solid.bottom, plane), eye.height, plane);
  const shadows: (readonly Point[])[] = [];
  for (const part of solid.parts) {
    const far = solid.top < eye.height ? factor(solid.top, eye.height, plane) : reach(part, eye, box);
    const bounds = spread(part.bounds, eye.foot, [near, far]);
    if (!meet(bounds, box)) continue;
    const shadow = hullOfEnds(part, eye.foot, [near, far]);
    if (sides.some((side) => shadow.every((corner) => at(side, corner) <= 0))) continue;
    shadows.push(isVast(bounds, box) ? cut(shadow, sidesOf(box)) : shadow);
  }
  return shadows;
}

function factor(height: number, eyeHeight: number, plane: number): number {
  return (eyeHeight - plane) / (eyeHeight - height);
}

/** A factor for what reaches up to the eye and has no end of its shadow: so far that even its nearest corner lands beyond the box. */
function reach({ polygon }: Part, { foot }: Eye, box: Bounds): number {
  const farthest = Math.max(...cornersOf(box).map(([x, y]) => Math.hypot(x - foot[0], y - foot[1])));
  const nearest = Math.min(...edgesOf(polygon).map((edge) => distance(foot, edge)));
  return Math.max(1, (2 * farthest) / Math.max(nearest, 1e-6));
}

/** Bounds of the hull of both ends. */
function spread({ left, bottom, right, top }: Bounds, [x, y]: Point, [near, far]: [number, number]): Bounds {
  return {
    left: x + Math.min(near * (left - x), far * (left - x)),
    bottom: y + Math.min(near * (bottom - y), far * (bottom - y)),
    right: x + Math.max(near * (right - x), far * (right - x)),
    top: y + Math.max(near * (top - y), far * (top - y)),
  };
}

/** Its sides that face the eye bound the hull at the near end, those that face away at the far end. */
function hullOfEnds({ polygon, sides }: Part, foot: Point, [near, far]: [number, number]): Point[] {
  const corners: Point[] = [];
  let before = sides.at(-1);
  for (const [index, corner] of polygon.entries()) {
    const after = sides[index];
    const [farBefore, farAfter] = [facesAway(before, foot), facesAway(after, foot)];
    corners.push(scaled(corner, foot, farBefore ? far : near));
    if (farBefore !== farAfter) corners.push(scaled(corner, foot, farAfter ? far : near));
    before = after;
  }
  return corners;
}

const facesAway = (side: Slope | undefined, foot: Point) => side !== undefined && at(side, foot) >= 0;

function isVast({ left, bottom, right, top }: Bounds, box: Bounds): boolean {
  return Math.max(box.left - left, box.bottom - bottom, right - box.right, top - box.top) > longestMetres;
}

/** Where on the way from the eye (0) to the point (1) the solid begins to block it; undefined where it does not. */
export function blockedFrom(solid: Solid, eye: Eye, { point, plane }: { point: Point; plane: number }): number | undefined {
  const drop = eye.height - plane;
  const enters = Math.max(0, (eye.height - solid.top) / drop);
  const leaves = Math.min(1, (eye.height - solid.bottom) / drop);
  if (enters >= leaves) return undefined;
  const way = boundsOf([eye.foot, point]);
  let first: number | undefined;
  for (const { bounds, sides } of solid.parts) {
    if (!touch(way, bounds)) continue;
    const from = enteredAt(sides, eye.foot, point, [enters, leaves]);
    if (from !== undefined && (first === undefined || from < first)) first = from;
  }
  return first;
}

function touch(a: Bounds, b: Bounds): boolean {
  return a.left <= b.right && b.left <= a.right && a.bottom <= b.top && b.bottom <= a.top;
}

function enteredAt(sides: readonly Slope[], from: Point, to: Point, [enters, leaves]: [number, number]): number | undefined {
  let [first, last] = [enters, leaves];
  for (const side of sides) {
    const [a, b] = [at(side, from), at(side, to)];
    if (a < 0 && b < 0) return undefined;
    if (a < 0) first = Math.max(first, a / (a - b));
    if (b < 0) last = Math.min(last, a / (a - b));
  }
  return first < last ? first : undefined;
}
