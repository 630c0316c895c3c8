// Coverage by trying: straight lines through a room of boxes and prisms, point by point. Shares nothing with the geometry it is to check.
import type { Plan, PlanCamera, PlanObstacle } from '#contract/plan.ts';

type Place = { x: number; y: number; z: number };

/** Square metres free and seen of the first zone, by points `cell` metres apart. */
export function tried(plan: Plan, cell: number): { free: number; seen: number } {
  const [zone] = plan.zones;
  if (zone === undefined) return { free: 0, seen: 0 };
  const xs = zone.polygon.map(([x]) => x);
  const ys = zone.polygon.map(([, y]) => y);
  let [free, seen] = [0, 0];
  for (let x = Math.min(...xs) + cell / 2; x < Math.max(...xs); x += cell)
    for (let y = Math.min(...ys) + cell / 2; y < Math.max(...ys); y += cell) {
      if (!surrounds(zone.polygon, x, y)) continue;
      const column = zone.planes.map((z) => ({ x, y, z }));
      if (column.some((place) => (plan.obstacles ?? []).some((obstacle) => isIn(obstacle, place)))) continue;
      free += cell * cell;
      if ((plan.cameras ?? []).some((camera) => column.every((place) => sees(camera, place, plan)))) seen += cell * cell;
    }
  return { free, seen };
}

function sees(camera: PlanCamera, place: Place, { obstacles = [], pixelsPerMetre = 0 }: Plan): boolean {
  const [x, y, z] = camera.position;
  if (place.z >= z) return false;
  const ray = { x: place.x - x, y: place.y - y, z: place.z - z };
  if (!(pixelsFor(camera, ray) >= pixelsPerMetre)) return false;
  return !obstacles.some((obstacle) => isBetween(obstacle, { x, y, z }, place));
}

/** Pixels a metre across has there, NaN outside the picture: the ray turned into the camera's own axes. */
function pixelsFor(camera: PlanCamera, { x, y, z }: Place): number {
  if (camera.projection === 'omnidirectional') return Number.POSITIVE_INFINITY;
  const { pan = 0, tilt = 0, horizontalFov = 0, resolution: [width, height] = [0, 0] } = camera;
  const [p, t] = [(-pan * Math.PI) / 180, (tilt * Math.PI) / 180];
  const ahead = x * Math.cos(p) - y * Math.sin(p); // turned by the pan about the upright
  const left = x * Math.sin(p) + y * Math.cos(p);
  const deep = ahead * Math.cos(t) - z * Math.sin(t); // then by the tilt about the level
  const above = ahead * Math.sin(t) + z * Math.cos(t);
  const wide = (horizontalFov * Math.PI) / 180;
  if (camera.projection === 'equidistant') {
    const off = Math.acos(deep / Math.hypot(x, y, z));
    const side = Math.hypot(left, above);
    const scale = (width / wide) * (off / side);
    const fits = Math.abs(left * scale) <= width / 2 && Math.abs(above * scale) <= height / 2;
    return fits ? width / wide / Math.hypot(x, y, z) : Number.NaN;
  }
  const focal = width / 2 / Math.tan(wide / 2);
  const fits = deep > 0 && Math.abs((focal * left) / deep) <= width / 2 && Math.abs((focal * above) / deep) <= height / 2;
  return fits ? focal / deep : Number.NaN;
}

function isIn({ polygon, bottom = 0, top = Number.POSITIVE_INFINITY }: PlanObstacle, { x, y, z }: Place): boolean {
  return bottom <= z && z < top && surrounds(polygon, x, y);
}

/** Walks along the line between each two crossings with the obstacle's sides, floor and lid: inside on any stretch is blocked. */
function isBetween(obstacle: PlanObstacle, from: Place, to: Place): boolean {
  const at = (share: number): Place => ({
    x: from.x + share * (to.x - from.x),
    y: from.y + share * (to.y - from.y),
    z: from.z + share * (to.z - from.z),
  });
  const lids = [obstacle.bottom ?? 0, obstacle.top ?? 1000].map((level) => (level - from.z) / (to.z - from.z));
  const sides = obstacle.polygon.map(([ax, ay], index) => {
    const [bx, by] = obstacle.polygon[(index + 1) % obstacle.polygon.length] ?? [ax, ay];
    const slant = (to.x - from.x) * (by - ay) - (to.y - from.y) * (bx - ax);
    return ((ax - from.x) * (by - ay) - (ay - from.y) * (bx - ax)) / slant;
  });
  const stops = [0, 1, ...[...lids, ...sides].filter((share) => share > 0 && share < 1)].toSorted((a, b) => a - b);
  return stops.slice(1).some((stop, index) => isIn(obstacle, at((stop + (stops[index] ?? 0)) / 2)));
}

function surrounds(polygon: readonly [number, number][], x: number, y: number): boolean {
  let turned = 0; // the angle by which the outline turns round the point
  for (const [index, [ax, ay]] of polygon.entries()) {
    const [bx, by] = polygon[(index + 1) % polygon.length] ?? [ax, ay];
    turned += Math.atan2((ax - x) * (by - y) - (ay - y) * (bx - x), (ax - x) * (bx - x) + (ay - y) * (by - y));
  }
  return Math.abs(turned) > Math.PI;
}
