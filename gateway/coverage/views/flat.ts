// A lens that keeps straight lines straight: its picture of a plane is bounded by straight lines, and so is what is dense enough.
import { at, cornersOf, cut, type Point, plus, type Slope } from '../polygon.ts';
import { convexRegion } from '../region.ts';
import { justEnough, type View } from './view.ts';

/** How one plane is seen. */
export interface Seen {
  /** In the picture is where none of these is negative, and `depth` is positive. */
  edges: Slope[];
  /** Grows with the distance along the lens's axis. */
  depth: Slope;
  /** Pixels per metre across where the depth is 1. */
  scale: number;
}

/** `seen`: undefined for a plane at or above the lens. */
export function flatView(seen: (plane: number) => Seen | undefined): View {
  return {
    footprint({ plane, box, pixelsPerMetre }) {
      const of = seen(plane);
      if (of === undefined) return [];
      return convexRegion(cut(cornersOf(box), [of.depth, ...of.edges, ...nearEnough(of, pixelsPerMetre)]));
    },
    density(point: Point, plane: number) {
      const of = seen(plane);
      if (of === undefined) return undefined;
      const depth = at(of.depth, point);
      return depth > 0 && of.edges.every((edge) => at(edge, point) >= 0) ? of.scale / depth : undefined;
    },
  };
}

function nearEnough({ depth, scale }: Seen, pixelsPerMetre: number): Slope[] {
  return pixelsPerMetre === 0 ? [] : [plus({ x: 0, y: 0, c: (scale / pixelsPerMetre) * justEnough }, depth, -1)];
}
