// Why nobody sees a place: what keeps the camera from it that comes nearest to seeing it.
import type { BlindSpot } from '#contract/coverage.ts';
import type { Point } from './polygon.ts';
import { blockedFrom, type Eye } from './shadows.ts';
import type { Solid } from './solids.ts';
import type { View } from './views/view.ts';

type Cause = BlindSpot['cause'];

interface Place {
  planes: readonly number[];
  pixelsPerMetre: number;
  solids: readonly Solid[];
  lookers: readonly (Eye & { id: string; view: View; counts: boolean })[];
}

/** From the camera that comes nearest to seeing it: one that only does not work, one that is only in somebody's shadow, and so on; of several, the closest. */
export function causeAt(point: Point, place: Place): Cause {
  const far = ({ foot }: Eye) => Math.hypot(foot[0] - point[0], foot[1] - point[1]);
  const inView = place.lookers
    .map((looker) => ({ looker, pixels: leastDensity(point, looker, place.planes) }))
    .filter(({ pixels }) => pixels !== undefined)
    .toSorted((a, b) => far(a.looker) - far(b.looker));
  const dense = inView.filter(({ pixels = 0 }) => pixels >= place.pixelsPerMetre);
  const down = dense.find(({ looker }) => !looker.counts && blocker(point, looker, place) === undefined);
  if (down !== undefined) return { kind: 'camera-down', camera: down.looker.id };
  for (const { looker } of dense) {
    const obstacle = blocker(point, looker, place);
    if (obstacle !== undefined) return { kind: 'behind', obstacle, camera: looker.id };
  }
  const poor = inView.find(({ pixels = 0 }) => pixels < place.pixelsPerMetre);
  return poor === undefined ? { kind: 'out-of-view' } : { kind: 'too-few-pixels', camera: poor.looker.id };
}

function leastDensity(point: Point, { view }: Place['lookers'][number], planes: readonly number[]): number | undefined {
  const densities = planes.map((plane) => view.density(point, plane));
  return densities.reduce((least, density) => (least === undefined || density === undefined ? undefined : Math.min(least, density)));
}

/** Which obstacle the way there meets first. */
function blocker(point: Point, looker: Eye, { planes, solids }: Place): string | undefined {
  let first: { obstacle: string; from: number } | undefined;
  for (const plane of planes)
    for (const solid of solids) {
      const from = blockedFrom(solid, looker, { point, plane });
      if (from !== undefined && (first === undefined || from < first.from)) first = { obstacle: solid.id, from };
    }
  return first?.obstacle;
}
