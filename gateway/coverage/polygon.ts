// Points, straight lines and convex polygons in metres, as exact as floating point is.

export type Point = [x: number, y: number];

export interface Bounds {
  left: number;
  bottom: number;
  right: number;
  top: number;
}

/** A height over the plan that changes evenly: x·X + y·Y + c. What is on one side of a line is where one is not negative. */
export interface Slope {
  x: number;
  y: number;
  c: number;
}

export const at = ({ x, y, c }: Slope, [px, py]: Point): number => x * px + y * py + c;

/** `a` + `times` · `b`. */
export const plus = (a: Slope, b: Slope, times = 1): Slope => ({ x: a.x + times * b.x, y: a.y + times * b.y, c: a.c + times * b.c });

/** Positive for counter-clockwise. Square metres. */
export function signedArea(polygon: readonly Point[]): number {
  return edgesOf(polygon).reduce((sum, [[ax, ay], [bx, by]]) => sum + (ax * by - bx * ay) / 2, 0);
}

export function counterClockwise(polygon: readonly Point[]): readonly Point[] {
  return signedArea(polygon) < 0 ? polygon.toReversed() : polygon;
}

export function edgesOf(polygon: readonly Point[]): [Point, Point][] {
  return polygon.map((from, index) => [from, polygon[(index + 1) % polygon.length] ?? from]);
}

export function boundsOf(points: readonly Point[]): Bounds {
  const bounds = {
    left: Number.POSITIVE_INFINITY,
    bottom: Number.POSITIVE_INFINITY,
    right: Number.NEGATIVE_INFINITY,
    top: Number.NEGATIVE_INFINITY,
  };
  for (const [x, y] of points) {
    if (x < bounds.left) bounds.left = x;
    if (x > bounds.right) bounds.right = x;
    if (y < bounds.bottom) bounds.bottom = y;
    if (y > bounds.top) bounds.top = y;
  }
  return bounds;
}

export function meet(a: Bounds, b: Bounds): boolean {
  return a.left < b.right && b.left < a.right && a.bottom < b.top && b.bottom < a.top;
}

export function cornersOf({ left, bottom, right, top }: Bounds): Point[] {
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}

/** What of a convex polygon lies where every one of the slopes is not negative. */
export function cut(polygon: readonly Point[], slopes: readonly Slope[]): readonly Point[] {
  let rest = polygon;
  for (const slope of slopes) {
    if (rest.every((point) => at(slope, point) >= 0)) continue;
    rest = edgesOf(rest).flatMap(([from, to]) => {
      const [a, b] = [at(slope, from), at(slope, to)];
      const crossing: Point[] = a >= 0 === b >= 0 ? [] : [along(from, to, a / (a - b))];
      return a >= 0 ? [from, ...crossing] : crossing;
    });
  }
  return rest;
}

/** Not negative on the inner side of each edge of a counter-clockwise polygon. */
export function innerSides(polygon: readonly Point[]): Slope[] {
  return edgesOf(polygon).map(([[ax, ay], [bx, by]]) => ({ x: ay - by, y: bx - ax, c: ax * by - bx * ay }));
}

/** The four sides of a box. */
export function sidesOf({ left, bottom, right, top }: Bounds): Slope[] {
  return [
    { x: 1, y: 0, c: -left },
    { x: -1, y: 0, c: right },
    { x: 0, y: 1, c: -bottom },
    { x: 0, y: -1, c: top },
  ];
}

export function along([ax, ay]: Point, [bx, by]: Point, share: number): Point {
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}

/** `point` moved away from `centre` by this factor. */
export function scaled([x, y]: Point, [cx, cy]: Point, factor: number): Point {
  return [cx + factor * (x - cx), cy + factor * (y - cy)];
}

/** Positive where the way from `a` over `b` to `c` turns left. */
export function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - by) - (by - ay) * (cx - bx);
}

/** True for a polygon that only turns one way, and round only once. */
export function isConvex(polygon: readonly Point[]): boolean {
  const ccw = counterClockwise(polygon);
  const turnsLeft = ccw.every((point, index) => turn(point, cyclic(ccw, index + 1), cyclic(ccw, index + 2)) >= 0);
  return turnsLeft && Math.abs(signedArea(hull(ccw)) - signedArea(ccw)) <= 1e-9 * signedArea(ccw);
}

function cyclic(points: readonly Point[], index: number): Point {
  return points[index % points.length] ?? [0, 0];
}

/** The smallest convex polygon around the points, counter-clockwise. */
export function hull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(([ax, ay], [bx, by]) => ax - bx || ay - by);
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

function chain(sorted: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of sorted) {
    while (kept.length >= 2 && turn(kept.at(-2) ?? point, kept.at(-1) ?? point, point) <= 0) kept.pop();
    kept.push(point);
  }
  kept.pop(); // it begins the other chain
  return kept;
}

/** Inside an odd number of the polygons. */
export function isInside([x, y]: Point, polygons: readonly (readonly Point[])[]): boolean {
  const crossed = polygons.flatMap(edgesOf).filter(([[ax, ay], [bx, by]]) => {
    if (ay > y === by > y) return false;
    return x < ax + ((y - ay) / (by - ay)) * (bx - ax);
  });
  return crossed.length % 2 === 1;
}

export function distance([px, py]: Point, [[ax, ay], [bx, by]]: [Point, Point]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length));
  return Math.hypot(px - ax - share * dx, py - ay - share * dy);
}
