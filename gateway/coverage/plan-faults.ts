// What no schema can say of a plan: whether what is drawn can be.
import type { Plan, PlanCamera } from '#contract/plan.ts';
import { footOf } from './mounting.ts';
import { along, boundsOf, edgesOf, isInside, meet, type Point, signedArea, turn } from './polygon.ts';
import { areaOf, polygonsOf, regionOf } from './region.ts';
import { type Solid, solidOf } from './solids.ts';
import { viewOf } from './views/index.ts';

/** The first fault and its place, in a sentence without the file's name; undefined for a sound plan. */
export function planFault({ zones, obstacles = [], cameras = [] }: Plan): string | undefined {
  return (
    first(Object.entries({ zones, obstacles, cameras }), ([list, entries]) => repeated(list, entries)) ??
    first(zones.entries(), ([index, zone]) => placed('zones', index, zone, crossing(zone.polygon) ?? emptyOutline(zone.polygon))) ??
    first(obstacles.entries(), ([index, obstacle]) => {
      const { bottom = 0, top = Number.POSITIVE_INFINITY } = obstacle;
      const upsideDown = bottom >= top ? `its bottom (${bottom} m) must lie below its top (${top} m)` : undefined;
      return placed('obstacles', index, obstacle, upsideDown ?? emptyOutline(obstacle.polygon));
    }) ??
    first(cameras.entries(), ([index, camera]) => placed('cameras', index, camera, lensFault(camera))) ??
    hiddenCamera(cameras, obstacles.map(solidOf))
  );
}

function first<Item>(items: Iterable<Item>, fault: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function placed(list: string, index: number, { id }: { id: string }, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${list}.${index} "${id}": ${fault}`;
}

function repeated(list: string, entries: readonly { id: string }[]): string | undefined {
  const ids = entries.map(({ id }) => id);
  const again = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  return again === -1 ? undefined : `${list}.${again} "${ids[again]}": the id stands there twice; each needs one of its own`;
}

function emptyOutline(polygon: readonly Point[]): string | undefined {
  return areaOf(regionOf([polygon])) < 1e-6 ? 'its polygon has no area' : undefined;
}

/** Obstacles drawn across themselves are healed; of a zone nobody could say what was meant. */
function crossing(polygon: readonly Point[]): string | undefined {
  const edges = edgesOf(polygon);
  const cross = first(edges.entries(), ([index, edge]) => first(edges.slice(index + 1), (other) => crossed(edge, other)));
  if (cross !== undefined) return `its polygon crosses itself at ${cross}`;
  const once = Math.abs(signedArea(polygon));
  return Math.abs(areaOf(regionOf([polygon])) - once) > 1e-4 * once + 1e-6 ? 'its polygon crosses itself' : undefined;
}

function crossed([a, b]: [Point, Point], [c, d]: [Point, Point]): string | undefined {
  if (!meet(widened([a, b]), widened([c, d]))) return undefined;
  const [fromA, fromB] = [turn(c, d, a), turn(c, d, b)];
  if (fromA * fromB >= 0 || turn(a, b, c) * turn(a, b, d) >= 0) return undefined;
  const [x, y] = along(a, b, fromA / (fromA - fromB));
  return `[${rounded(x)}, ${rounded(y)}]`;
}

/** Level edges have a box without height, which meets nothing. */
function widened(edge: [Point, Point]) {
  const { left, bottom, right, top } = boundsOf(edge);
  return { left: left - 1e-9, bottom: bottom - 1e-9, right: right + 1e-9, top: top + 1e-9 };
}

const rounded = (metres: number) => Math.round(metres * 1000) / 1000;

const lensKeys = ['horizontalFov', 'resolution'] as const;

function lensFault(camera: PlanCamera): string | undefined {
  if (camera.position[2] <= 0) return `position: found the height ${camera.position[2]} m, it must be above the floor`;
  const { projection, horizontalFov: fov = 0, resolution: [width, tall] = [1, 1] } = camera;
  if (projection === 'omnidirectional') return undefined;
  if (projection === 'measured') {
    if (camera.resolution === undefined) return missing('resolution', projection);
    if (camera.floorPoints === undefined) return missing('floorPoints', projection);
    const [x, y, height] = camera.position;
    return viewOf(camera, { foot: [x, y], height, pixelShare: 1 }) === undefined
      ? 'its floorPoints do not fix a view: no three of them may lie on one line, and the rest must agree with each other'
      : undefined;
  }
  const absent = lensKeys.find((key) => camera[key] === undefined);
  if (absent !== undefined) return missing(absent, projection);
  if (projection === 'rectilinear' && fov >= 180) return tooWide('horizontalFov', fov, 'less than 180 degrees for rectilinear');
  if (projection === 'equidistant' && Math.max(fov, (fov * tall) / width) > 250)
    return tooWide('horizontalFov', fov, 'so that neither side of the picture spans more than 250 degrees');
  return undefined;
}

function missing(key: string, projection: string): string {
  return `the key "${key}" is missing; the projection ${projection} needs it`;
}

function tooWide(key: string, found: number, allowed: string): string {
  return `${key}: found ${found}, allowed: ${allowed}`;
}

function hiddenCamera(cameras: readonly PlanCamera[], solids: readonly Solid[]): string | undefined {
  return first(cameras.entries(), ([index, camera]) => {
    const { position } = camera;
    if (footOf(position, solids) !== undefined) return undefined;
    const [x, y, height] = position;
    const around = solids.find(({ bottom, top, region }) => bottom < height && height <= top && isInside([x, y], polygonsOf(region)));
    const hangs = around === undefined ? 'it hangs on one obstacle and right before another' : `it is inside the obstacle "${around.id}"`;
    return placed('cameras', index, camera, `${hangs} at its height of ${height} m, and sees nothing`);
  });
}
