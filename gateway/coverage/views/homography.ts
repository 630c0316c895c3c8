// The projective map from the floor to a picture, through points known on both.
import { at, type Point, type Slope } from '../polygon.ts';

/** On the picture is column/depth from the left and row/depth from the top, pixels; depth is positive before the camera. */
export interface Homography {
  column: Slope;
  row: Slope;
  depth: Slope;
}

type Pair = { picture: Point; floor: Point };

/** Least squares. Undefined where the points do not fix one: three on a line, some behind the camera, or such as contradict each other. */
export function homographyOf(pairs: readonly Pair[]): Homography | undefined {
  const floor = normalising(pairs.map((pair) => pair.floor));
  const picture = normalising(pairs.map((pair) => pair.picture));
  if (floor.scale === 0 || picture.scale === 0) return undefined;
  const equations = pairs.flatMap((pair) => {
    const [x, y] = floor.apply(pair.floor);
    const [u, v] = picture.apply(pair.picture);
    return [
      { of: [x, y, 1, 0, 0, 0, -u * x, -u * y], is: u },
      { of: [0, 0, 0, x, y, 1, -v * x, -v * y], is: v },
    ];
  });
  const solution = leastSquares(equations);
  if (solution === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = solution;
  const raw = { column: { x: a, y: b, c }, row: { x: d, y: e, c: f }, depth: { x: g, y: h, c: 1 } };
  const depth = floor.pullBack(raw.depth);
  const found = {
    column: picture.inPixels(floor.pullBack(raw.column), depth, 0),
    row: picture.inPixels(floor.pullBack(raw.row), depth, 1),
    depth,
  };
  return fits(found, pairs) ? found : undefined;
}

/** How far, as a share of their own spread on the picture, a point may lie from where the others put it. */
const deviationMax = 0.05;

function fits({ column, row, depth }: Homography, pairs: readonly Pair[]): boolean {
  const spread = Math.max(...pairs.flatMap(({ picture: [u, v] }) => pairs.map(({ picture: [ou, ov] }) => Math.hypot(u - ou, v - ov))));
  return pairs.every(({ floor, picture: [u, v] }) => {
    const w = at(depth, floor);
    return w > 0 && Math.hypot(at(column, floor) / w - u, at(row, floor) / w - v) <= deviationMax * spread;
  });
}

/** Moves and scales points to about one around nought, without which the equations are badly conditioned. */
function normalising(points: readonly Point[]) {
  const mean = (which: 0 | 1) => points.reduce((sum, point) => sum + point[which], 0) / points.length;
  const centre: Point = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x, y]) => sum + Math.hypot(x - centre[0], y - centre[1]), 0) / points.length;
  const scale = spread === 0 ? 0 : 1 / spread;
  return {
    scale,
    apply: ([x, y]: Point): Point => [(x - centre[0]) * scale, (y - centre[1]) * scale],
    /** A slope over the normalised points as one over the points themselves. */
    pullBack: ({ x, y, c }: Slope): Slope => ({ x: x * scale, y: y * scale, c: c - scale * (x * centre[0] + y * centre[1]) }),
    /** A normalised picture coordinate times depth, in pixels. */
    inPixels: (slope: Slope, depth: Slope, which: 0 | 1): Slope => ({
      x: slope.x / scale + centre[which] * depth.x,
      y: slope.y / scale + centre[which] * depth.y,
      c: slope.c / scale + centre[which] * depth.c,
    }),
  };
}

/** By the normal equations: eight unknowns, a few dozen equations, all about one. */
function leastSquares(equations: readonly { of: number[]; is: number }[]): number[] | undefined {
  const size = equations[0]?.of.length ?? 0;
  const rows = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => equations.reduce((sum, { of }) => sum + (of[i] ?? 0) * (of[j] ?? 0), 0)),
    equations.reduce((sum, { of, is }) => sum + (of[i] ?? 0) * is, 0),
  ]);
  for (let column = 0; column < size; column += 1) {
    const rest = rows.slice(column);
    const pivot = rest.reduce((best, row) => (Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best));
    const lead = pivot[column] ?? 0;
    if (Math.abs(lead) < 1e-9) return undefined;
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(
      column,
      0,
      pivot.map((value) => value / lead),
    );
    const unit = rows[column] ?? [];
    for (const [index, row] of rows.entries()) {
      const times = row[column] ?? 0;
      if (index !== column) rows[index] = row.map((value, j) => value - times * (unit[j] ?? 0));
    }
  }
  return rows.map((row) => row[size] ?? 0);
}
