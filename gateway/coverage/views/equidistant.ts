// A wide lens that draws equal angles as equal lengths, as most fisheye lenses do.
import type { PlanCamera } from '#contract/plan.ts';
import { along, type Bounds, cornersOf, cut, edgesOf, type Point, sidesOf } from '../polygon.ts';
import { both, convexRegion, polygonsOf, regionOf, without } from '../region.ts';
import { justEnough, type Mounted, type View } from './view.ts';

type Vector = [number, number, number];

const radians = (degrees: number) => (degrees * Math.PI) / 180;
/** How far from its arc a chord may lie, metres. Corners are moved off the arc so that the areas are those of the arcs all the same. */
const chordMetres = 1e-4;
const segmentsAtLeast = 64;
const segmentsAtMost = 16_384;
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

  /** Straight down lies in it, and the circle on the plane; the horizon does not. */
  const loopAround = (within: number, drop: number) => {
    const radius = 1.1 * within + 0.1;
    for (let segments = segmentsAtLeast; ; segments *= 2) {
      const angles = Array.from({ length: segments }, (_, index) => {
        const turned = (2 * Math.PI * index) / segments;
        return lens.angles([radius * Math.cos(turned), radius * Math.sin(turned), -drop]);
      });
      const isBetween = edgesOf(angles).every(([from, to]) => {
        const [dx, dy, dz] = lens.direction(along(from, to, 0.5));
        return dz < 0 && Math.hypot(dx, dy) * drop > -dz * within;
      });
      if (isBetween || segments >= segmentsAtMost) return { radius, angles };
    }
  };

  return {
    footprint({ plane, box, pixelsPerMetre }) {
      const drop = height - plane;
      if (drop <= 0) return [];
      const enough = pixelsPerMetre === 0 ? Number.POSITIVE_INFINITY : (perRadian / pixelsPerMetre) * justEnough;
      if (enough <= drop) return [];
      const radius = Math.min(Math.sqrt(enough ** 2 - drop ** 2), reachOf(box, foot));
      // What is dense enough is a circle on the plane around the foot. Straight lines of the picture are none on the plane: there only a wider loop is cut.
      const loop = loopAround(radius, drop);
      const shown = (lens.looksAwayFrom(loop.radius, drop) ? without : both)(picture, regionOf([loop.angles]));
      const onFloor = polygonsOf(shown).map((outline) =>
        edgesOf(outline).flatMap(([from, to]) => arc(from, to, (angles) => onPlane(angles, drop))),
      );
      return both(regionOf(onFloor), convexRegion(cut(circleAround(foot, radius), sidesOf(box))));
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

/** A radius around the foot whose circle goes well round the whole box. */
function reachOf(box: Bounds, [x, y]: Point): number {
  return 1.1 * Math.max(...cornersOf(box).map(([cx, cy]) => Math.hypot(cx - x, cy - y)));
}

/** A polygon as large as the circle. */
function circleAround([x, y]: Point, radius: number): Point[] {
  const segments = Math.max(segmentsAtLeast, Math.ceil(Math.PI / Math.acos(1 - chordMetres / Math.max(radius, chordMetres))));
  const step = (2 * Math.PI) / segments;
  const out = radius * Math.sqrt(step / Math.sin(step));
  return Array.from({ length: segments }, (_, index) => [x + out * Math.cos(index * step), y + out * Math.sin(index * step)]);
}

/** A straight edge of the picture as it lies on the plane: from `from`, without `to`. */
function arc(from: Point, to: Point, onPlane: (angles: Point) => Point, halvings = 0): Point[] {
  const middle = along(from, to, 0.5);
  const start = onPlane(from);
  const chord = along(start, onPlane(to), 0.5);
  const [arcX, arcY] = onPlane(middle);
  const isLong = Math.hypot(to[0] - from[0], to[1] - from[1]) > longestEdge;
  if (halvings >= 12 || (!isLong && Math.hypot(arcX - chord[0], arcY - chord[1]) <= chordMetres))
    return [start, along(chord, [arcX, arcY], 4 / 3)]; // by Simpson's rule the triangle is as large as what is under the arc
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
