// A camera whose picture was measured: points of the floor were tapped on it, and the homography through them says where every pixel looks.
import type { PlanCamera } from '#contract/plan.ts';
import type { Point, Slope } from '../polygon.ts';
import { plus } from '../polygon.ts';
import { flatView } from './flat.ts';
import { homographyOf } from './homography.ts';
import type { Mounted, View } from './view.ts';

export function measuredView(
  { floorPoints = [], resolution = [1, 1] }: PlanCamera,
  { foot, height, pixelShare }: Mounted,
): View | undefined {
  const found = homographyOf(floorPoints);
  if (found === undefined) return undefined;
  const [width, tall] = resolution;
  const { column, row, depth } = found;
  const scale = acrossScale(found) * pixelShare;

  return flatView((plane) => {
    if (plane >= height) return undefined;
    // The ray that meets the plane here meets the floor farther out from the camera's foot.
    const stretch = height / (height - plane);
    const raised = (slope: Slope): Slope => onFloor(slope, foot, stretch);
    const w = raised(depth);
    const [u, v] = [raised(column), raised(row)];
    const nothing = { x: 0, y: 0, c: 0 };
    const edges = [u, v, plus(plus(nothing, w, width), u, -1), plus(plus(nothing, w, tall), v, -1)];
    return { edges, depth: w, scale: scale * stretch };
  });
}

/** A slope over the floor as one over a plane whose points are `stretch` times nearer to the foot. */
function onFloor({ x, y, c }: Slope, [fx, fy]: Point, stretch: number): Slope {
  return { x: x * stretch, y: y * stretch, c: c + (1 - stretch) * (x * fx + y * fy) };
}

/**
 * Pixels per metre, at depth 1, along the floor's lines of equal depth: these are parallel to the picture, so nothing is foreshortened.
 * Straight down every direction is one, and the worse counts.
 */
function acrossScale({ column, row, depth }: { column: Slope; row: Slope; depth: Slope }): number {
  const steep = Math.hypot(depth.x, depth.y);
  const along = ([ex, ey]: Point) => Math.hypot(column.x * ex + column.y * ey, row.x * ex + row.y * ey);
  if (steep > 1e-6 * Math.abs(depth.c)) return along([-depth.y / steep, depth.x / steep]);
  const turns = Array.from({ length: 180 }, (_, degree) => (degree * Math.PI) / 180);
  return Math.min(...turns.map((turned) => along([Math.cos(turned), Math.sin(turned)])));
}
