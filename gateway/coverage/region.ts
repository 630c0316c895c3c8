// Areas of the plan, and what can be done with them exactly: the only file that knows clipper2-ts.
import {
  areaPaths,
  booleanOpWithPolyTree,
  ClipType,
  difference,
  EndType,
  FillRule,
  getBoundsPaths,
  inflatePaths,
  intersect,
  JoinType,
  type Path64,
  type Paths64,
  type PolyPath64,
  PolyTree64,
  type Rect64,
  reversePath,
  TriangulateResult,
  triangulate,
  union,
} from 'clipper2-ts';
import type { Bounds, Point } from './polygon.ts';

/** Any number of outlines, each counter-clockwise, and holes in them, each clockwise; none covers another. */
export type Region = Paths64;

/** One connected piece. */
export interface Piece {
  /** Square metres, without its holes. */
  area: number;
  polygon: Point[];
  holes: Point[][];
}

// Clipper works on whole numbers, which is what makes it robust: ours are hundredths of a millimetre.
const perMetre = 100_000;
/** Half of that, rounded, along every edge: what is smaller or thinner came from rounding. */
const noise = { area: 1e-6, width: 1e-4 };

export const nowhere: Region = [];

/** Whatever was drawn, also across itself: what an odd number of its windings go round is inside. */
export function regionOf(polygons: readonly (readonly Point[])[]): Region {
  return union(polygons.map(pathOf), FillRule.EvenOdd);
}

/** The same for one polygon known to be convex and counter-clockwise, without looking at it. */
export function convexRegion(polygon: readonly Point[]): Region {
  return polygon.length < 3 ? nowhere : [pathOf(polygon)];
}

export function both(a: Region, b: Region): Region {
  return a.length === 0 || b.length === 0 ? nowhere : intersect(a, b, FillRule.NonZero);
}

export function anyOf(regions: readonly Region[]): Region {
  return union(regions.flat(), FillRule.NonZero);
}

export function without(region: Region, taken: Region): Region {
  const nearby = near(taken, region);
  return nearby.length === 0 ? region : difference(region, nearby, FillRule.NonZero);
}

/** Outlines and holes that do not even touch the box around the other region change nothing in it, and much of a plan is far from the rest. */
function near(region: Region, other: Region): Region {
  if (region.length === 0 || other.length === 0) return nowhere;
  const box = getBoundsPaths(other);
  return region.filter((path) => touch(getBoundsPaths([path]), box));
}

function touch(a: Rect64, b: Rect64): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

/** Where two of the regions or more lie over one another. */
export function twiceIn(regions: readonly Region[]): Region {
  const all = regions.flat();
  if (all.length === 0) return nowhere;
  // One winding the other way round everything takes one from each count, so that what is still positive was counted twice.
  return union([...all, reversePath(frame(getBoundsPaths(all)))], FillRule.Positive);
}

/** Square metres. */
export function areaOf(region: Region): number {
  return Math.max(0, areaPaths(region)) / perMetre ** 2;
}

export function boundsOfRegion(region: Region): Bounds {
  const { left, top, right, bottom } = getBoundsPaths(region);
  return { left: left / perMetre, bottom: top / perMetre, right: right / perMetre, top: bottom / perMetre };
}

export function polygonsOf(region: Region): Point[][] {
  return region.map(pointsOf);
}

/** Without what is narrower than `width` metres. Corners stay as sharp as they are. */
export function opened(region: Region, width: number): Region {
  if (width <= noise.width || region.length === 0) return region;
  const half = (width / 2) * perMetre;
  const spare = noise.width * perMetre; // what is exactly as wide stays
  const core = inflatePaths(region, spare - half, JoinType.Miter, EndType.Polygon);
  if (core.length === 0) return nowhere;
  return both(region, inflatePaths(core, half + spare, JoinType.Miter, EndType.Polygon, 20));
}

/** The pieces of a region, largest first; traces of rounding are none. */
export function piecesOf(region: Region): Piece[] {
  const tree = new PolyTree64();
  booleanOpWithPolyTree(ClipType.Union, region, null, tree, FillRule.NonZero);
  return outlinesIn(tree)
    .map(pieceOf)
    .filter(isReal)
    .toSorted((a, b) => b.area - a.area);
}

/** Triangles that together are the region, or undefined where they could not be found. */
export function trianglesOf(region: Region): Point[][] | undefined {
  const { result, solution } = triangulate(region);
  const whole = Math.abs(solution.reduce((sum, triangle) => sum + Math.abs(areaPaths([triangle])), 0) - areaPaths(region));
  if (result !== TriangulateResult.success || whole > noise.area * perMetre ** 2) return undefined;
  return solution.map(pointsOf);
}

function outlinesIn(tree: PolyPath64): PolyPath64[] {
  return childrenOf(tree).flatMap((outline) => [outline, ...childrenOf(outline).flatMap(outlinesIn)]);
}

function childrenOf(node: PolyPath64): PolyPath64[] {
  return Array.from({ length: node.count }, (_, index) => node.child(index));
}

function pieceOf(outline: PolyPath64): Piece {
  const paths = [outline, ...childrenOf(outline)].map(({ poly }) => poly ?? []);
  const [polygon = [], ...holes] = paths.map(pointsOf);
  return { area: areaOf(paths), polygon, holes };
}

function isReal({ area, polygon }: Piece): boolean {
  const round = polygon.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = polygon[(index + 1) % polygon.length] ?? [x, y];
    return sum + Math.hypot(nextX - x, nextY - y);
  }, 0);
  return area > noise.area && (2 * area) / round > noise.width;
}

function pathOf(points: readonly Point[]): Path64 {
  return points.map(([x, y]) => ({ x: Math.round(x * perMetre), y: Math.round(y * perMetre) }));
}

function pointsOf(path: Path64): Point[] {
  return path.map(({ x, y }) => [x / perMetre, y / perMetre]);
}

function frame({ left, top, right, bottom }: Rect64): Path64 {
  return [
    { x: left - 1, y: top - 1 },
    { x: right + 1, y: top - 1 },
    { x: right + 1, y: bottom + 1 },
    { x: left - 1, y: bottom + 1 },
  ];
}
