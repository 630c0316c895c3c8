// Where a camera really looks from: one drawn on the face of a wall hangs a little before it, or it would see along the wall and nothing else.
import { distance, edgesOf, isInside, type Point } from './polygon.ts';
import { anyOf, polygonsOf } from './region.ts';
import type { Solid } from './solids.ts';

/** How far before the wall. */
const standsOffMetres = 0.05;
/** How exactly a plan is drawn: this far inside a wall still means on it. */
const drawnWithinMetres = 0.01;
const touchesWithinMetres = 0.001;

/** Undefined where that is inside something solid. */
export function footOf([x, y, height]: readonly [number, number, number], solids: readonly Solid[]): Point | undefined {
  const around = polygonsOf(anyOf(solids.filter(({ bottom, top }) => bottom < height && height <= top).map(({ region }) => region)));
  const drawn: Point = [x, y];
  const faces = around.flatMap(edgesOf).map((edge) => ({ edge, away: distance(drawn, edge) }));
  const nearest = Math.min(...faces.map(({ away }) => away));
  const inside = isInside(drawn, around);
  if (nearest > (inside ? drawnWithinMetres : touchesWithinMetres)) return inside ? undefined : drawn;
  const touched = faces.filter(({ away }) => away <= nearest + touchesWithinMetres).map(({ edge }) => outward(edge));
  const normals = touched.filter((normal, index) => touched.findIndex((other) => isSame(other, normal)) === index);
  const off = standsOffMetres + (inside ? nearest : 0);
  const foot = normals.reduce<Point>(([fx, fy], [nx, ny]) => [fx + off * nx, fy + off * ny], drawn);
  return isInside(foot, around) ? undefined : foot;
}

/** Regions keep what is solid on the left of their edges. */
function outward([[ax, ay], [bx, by]]: [Point, Point]): Point {
  const length = Math.hypot(bx - ax, by - ay);
  return [(by - ay) / length, (ax - bx) / length];
}

function isSame([ax, ay]: Point, [bx, by]: Point): boolean {
  return Math.hypot(ax - bx, ay - by) < 1e-3;
}
