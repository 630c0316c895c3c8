// A wide lens that draws equal angles as equal lengths, as most fisheye lenses do.
import type { PlanCamera } from '#contract/plan.ts';
import { along, type Bounds, cornersOf, edgesOf, type Point } from '../polygon.ts';
import { both, polygonsOf, regionOf, without } from '../region.ts';
import { justEnough, type Mounted, type View } from './view.ts';

type Vector = [number, number, number];

const radians = (degrees: number) => (degrees * Math.PI) / 180;
/** How far from its arc a chord may lie, metres: no more than everything else is rounded. */
const chordMetres = 1e-5;
const segmentsAtLeast = 64;
/** Regions are made for metres. Angles on the picture are taken so many times larger, to be cut as exactly. */
const perRadianDrawn = 500;
const longestEdge = 0.05 * perRadianDrawn;

export function equidistantView(
  { pan = 0, tilt = 0, horizontalFov = 90, resolution = [16, 9] }: PlanCamera,
  { foot, height, pixelShare }: Mounted,
): View {
  const [width, tall] = resolution;
  const wide = radians(horizontalFov);
  const perRadian = (width * pixelShare) / wide;
  const right = (perRadianDrawn * wide) / 2;
  const top = (right * tall) / width;
  const picture = regionOf([cornersOf({ left: -right, right, bottom: -top, top })]);
  const lens = lensTo(radians(pan), radians(tilt));

  /** A point of the plane, by the angles at which it stands on the picture. */
  const onPlane = (angles: Point, drop: number): Point => {
    const [dx, dy, dz] = lens.direction(angles);
    return [foot[0] + (drop / -dz) * dx, foot[1] + (drop / -dz) * dy];
  };

  return {
    footprint({ plane, box, pixelsPerMetre }) {
      const drop = height - plane;
      if (drop <= 0) return [];
      const enough = pixelsPerMetre === 0 ? Number.POSITIVE_INFINITY : (perRadian / pixelsPerMetre) * justEnough;
      if (enough <= drop) return [];
      const radius = Math.sqrt(enough ** 2 - drop ** 2);
      const beyond = beyondBox(box, foot);
      // What is dense enough is a circle on the plane around the foot. On the picture it is a loop around straight down.
      const circle = radius < beyond ? { radius, segments: segmentsOf(radius) } : { radius: beyond, segments: segmentsAtLeast };
      const loop = Array.from({ length: circle.segments }, (_, index) => {
        const turned = (2 * Math.PI * index) / circle.segments;
        return lens.angles([circle.radius * Math.cos(turned), circle.radius * Math.sin(turned), -drop]);
      });
      const shown = (lens.looksAwayFrom(circle.radius, drop) ? without : both)(picture, regionOf([loop]));
      const onFloor = polygonsOf(shown).map((outline) =>
        edgesOf(outline).flatMap(([from, to]) => arc(from, to, (angles) => onPlane(angles, drop))),
      );
      return both(regionOf(onFloor), regionOf([cornersOf(box)]));
    },
    density([x, y], plane) {
      const drop = height - plane;
      if (drop <= 0) return undefined;
      const ray: Vector = [x - foot[0], y - foot[1], -drop];
      const [across, up] = lens.angles(ray);
      const inPicture = Math.abs(across) <= right && Math.abs(up) <= top;
      return inPicture ? perRadian / Math.hypot(...ray) : undefined;
    },
  };
}

/** A radius around the foot whose polygon of the fewest segments goes round the whole box. */
function beyondBox(box: Bounds, [x, y]: Point): number {
  return 1.1 * Math.max(...cornersOf(box).map(([cx, cy]) => Math.hypot(cx - x, cy - y))) + 0.1;
}

function segmentsOf(radius: number): number {
  const segments = Math.PI / Math.acos(1 - chordMetres / Math.max(radius, chordMetres));
  return Math.max(segmentsAtLeast, Math.ceil(segments));
}

/** A straight edge of the picture as it lies on the plane: from `from`, without `to`. */
function arc(from: Point, to: Point, onPlane: (angles: Point) => Point, halvings = 0): Point[] {
  const middle = along(from, to, 0.5);
  const start = onPlane(from);
  const [x, y] = along(start, onPlane(to), 0.5);
  const [arcX, arcY] = onPlane(middle);
  const isLong = Math.hypot(to[0] - from[0], to[1] - from[1]) > longestEdge;
  if (halvings >= 12 || (!isLong && Math.hypot(arcX - x, arcY - y) <= chordMetres)) return [start];
  return [...arc(from, middle, onPlane, halvings + 1), ...arc(middle, to, onPlane, halvings + 1)];
}

/** Between directions in the room and where they are drawn on the picture: to the right and up from its middle. */
function lensTo(pan: number, tilt: number) {
  const axis: Vector = [Math.cos(tilt) * Math.cos(pan), Math.cos(tilt) * Math.sin(pan), -Math.sin(tilt)];
  const right: Vector = [Math.sin(pan), -Math.cos(pan), 0];
  const up: Vector = [Math.sin(tilt) * Math.cos(pan), Math.sin(tilt) * Math.sin(pan), Math.cos(tilt)];
  return {
    angles(ray: Vector): Point {
      const [across, above] = [dot(ray, right), dot(ray, up)];
      const off = Math.hypot(across, above);
      if (off === 0) return [0, 0];
      const angle = Math.atan2(off, dot(ray, axis)) * perRadianDrawn;
      return [(angle * across) / off, (angle * above) / off];
    },
    direction([across, above]: Point): Vector {
      const drawn = Math.hypot(across, above);
      const angle = drawn / perRadianDrawn;
      const share = drawn === 0 ? 0 : Math.sin(angle) / drawn;
      const part = (index: 0 | 1 | 2) => Math.cos(angle) * axis[index] + share * (across * right[index] + above * up[index]);
      return [part(0), part(1), part(2)];
    },
    /** The direction behind the lens points into the circle: on the picture the circle is then all that lies outside the loop. */
    looksAwayFrom: (radius: number, drop: number) => tilt < Math.atan2(radius, drop) - Math.PI / 2,
  };
}

function dot([ax, ay, az]: Vector, [bx, by, bz]: Vector): number {
  return ax * bx + ay * by + az * bz;
}
