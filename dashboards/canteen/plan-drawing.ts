// Turns the metres of a floor plan into the points of a drawing, and sketches what a camera looks at. Pure.
import type { Plan, PlanCamera, Polygon } from '#contract/plan.ts';

type Point = [x: number, y: number];

export interface Drawing {
  width: number;
  height: number;
  /** How many points a metre has. */
  scale: number;
  point(at: Point): Point;
  /** The `d` of a path; holes are left out of it by the even-odd rule. */
  path(polygon: Polygon, holes?: Polygon[]): string;
}

/** Points around the rooms: for the symbols of cameras on a wall, and their names where there is room for names. */
const margins = { narrow: 18, roomy: 38 };
export const roomyFrom = 520;

/** As wide as `width` points, and not higher than `heightMax`. */
export function drawingOf(plan: Plan, { width, heightMax }: { width: number; heightMax: number }): Drawing {
  const { left, right, bottom, top } = boundsOf(plan);
  const margin = width < roomyFrom ? margins.narrow : margins.roomy;
  const scale = Math.min((width - 2 * margin) / (right - left), (heightMax - 2 * margin) / (top - bottom));
  const offset = (width - (right - left) * scale) / 2;
  const point = ([x, y]: Point): Point => [round(offset + (x - left) * scale), round(margin + (top - y) * scale)];
  const ring = (polygon: Polygon) => `M${polygon.map((corner) => point(corner).join(' ')).join('L')}Z`;
  return {
    width,
    height: Math.ceil((top - bottom) * scale + 2 * margin),
    scale,
    point,
    path: (polygon, holes = []) => [polygon, ...holes].map(ring).join(''),
  };
}

function boundsOf({ zones, cameras = [] }: Plan) {
  const points = [...zones.flatMap(({ polygon }) => polygon), ...cameras.map(({ position: [x, y] }): Point => [x, y])];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    bottom: Math.min(...ys),
    top: Math.max(...ys),
  };
}

const reachMetres = 6;
const widestDegrees = 150;

/** What of the floor lies in the picture, without what stands in the way and not far: a sketch, the coverage itself is computed at the gateway. */
export function viewSketch({
  position,
  pan = 0,
  tilt = 0,
  horizontalFov,
  resolution = [16, 9],
  projection,
}: PlanCamera): Polygon | undefined {
  const [x, y, height] = position;
  if (projection === 'omnidirectional') return circle([x, y], reachMetres / 2);
  if (horizontalFov === undefined) return undefined;
  const across = Math.tan(radians(Math.min(horizontalFov, widestDegrees)) / 2);
  const halfUp = Math.atan((across * resolution[1]) / resolution[0]);
  const down = radians(tilt);
  if (down + halfUp <= 0) return undefined;
  const near = height / Math.tan(down + halfUp);
  const far = down - halfUp <= 0 ? reachMetres : Math.min(reachMetres, height / Math.tan(down - halfUp));
  if (near >= far) return undefined;
  const halfWidth = (forward: number) => Math.min(reachMetres, across * (forward * Math.cos(down) + height * Math.sin(down)));
  const turned = (forward: number, left: number): Point => {
    const [cos, sin] = [Math.cos(radians(pan)), Math.sin(radians(pan))];
    return [x + forward * cos - left * sin, y + forward * sin + left * cos];
  };
  return [turned(near, halfWidth(near)), turned(far, halfWidth(far)), turned(far, -halfWidth(far)), turned(near, -halfWidth(near))];
}

function circle([x, y]: Point, radius: number): Polygon {
  const steps = 24;
  return Array.from({ length: steps }, (_, step): Point => {
    const angle = (step / steps) * 2 * Math.PI;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

const samples = 15;

/** A point well inside, and well apart from others, for a number or a name to stand on. */
export function labelPoint(polygon: Polygon, { holes = [], apart = [] }: { holes?: Polygon[]; apart?: Point[] } = {}): Point {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let best: { at: Point; clear: number } = { at: polygon[0] ?? [0, 0], clear: Number.NEGATIVE_INFINITY };
  for (let column = 0.5; column < samples; column++)
    for (let row = 0.5; row < samples; row++) {
      const at: Point = [left + ((right - left) * column) / samples, bottom + ((top - bottom) * row) / samples];
      const others = apart.map(([x, y]) => Math.hypot(x - at[0], y - at[1]) / 3);
      const clear = Math.min(...[polygon, ...holes].map((ring) => distanceTo(ring, at)), ...others);
      if (clear > best.clear && isInside(polygon, at) && !holes.some((hole) => isInside(hole, at))) best = { at, clear };
    }
  return best.at;
}

function isInside(polygon: Polygon, [x, y]: Point): boolean {
  return (
    edgesOf(polygon).filter(([[ax, ay], [bx, by]]) => ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)).length % 2 === 1
  );
}

function distanceTo(polygon: Polygon, [x, y]: Point): number {
  return Math.min(
    ...edgesOf(polygon).map(([[ax, ay], [bx, by]]) => {
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
      return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
    }),
  );
}

function edgesOf(polygon: Polygon): [Point, Point][] {
  return polygon.map((corner, index) => [corner, polygon[(index + 1) % polygon.length] ?? corner]);
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const round = (value: number) => Math.round(value * 10) / 10;
