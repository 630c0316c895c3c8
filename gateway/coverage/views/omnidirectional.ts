// A camera that sees every way with any density: what it misses is hidden, and nothing else. For trying a plan before lenses are chosen.
import { cornersOf } from '../polygon.ts';
import { convexRegion } from '../region.ts';
import type { Mounted, View } from './view.ts';

export function omnidirectionalView({ height }: Mounted): View {
  return {
    footprint: ({ plane, box }) => (plane < height ? convexRegion(cornersOf(box)) : []),
    density: (_, plane) => (plane < height ? Number.POSITIVE_INFINITY : undefined),
  };
}
