// The same coverage on a raster, to compare with: every footprint and shadow filled row by row, a byte a cell.
import type { Plan, PlanZone } from '#contract/plan.ts';
import { type Bounds, boundsOf, cornersOf, innerSides, type Point } from '../../gateway/coverage/polygon.ts';
import { polygonsOf } from '../../gateway/coverage/region.ts';
import { shadowsOf } from '../../gateway/coverage/shadows.ts';
import { type Solid, solidOf } from '../../gateway/coverage/solids.ts';
import { type Looker, lookersOf } from '../../gateway/coverage/zone-coverage.ts';

/** Square metres seen of all zones, which must be rectangles. */
export function rastered(plan: Plan, cell: number): number {
  const solids = (plan.obstacles ?? []).map(solidOf);
  const lookers = lookersOf(plan, solids);
  return plan.zones.reduce((sum, zone) => sum + seenOf(zone, { solids, lookers, cell, pixelsPerMetre: plan.pixelsPerMetre ?? 0 }), 0);
}

interface Raster {
  box: Bounds;
  cell: number;
  columns: number;
  cells: Uint8Array;
}

function seenOf(
  { polygon, planes }: PlanZone,
  scene: { solids: Solid[]; lookers: Looker[]; cell: number; pixelsPerMetre: number },
): number {
  const { solids, lookers, cell, pixelsPerMetre } = scene;
  const box = boundsOf(polygon);
  const columns = Math.round((box.right - box.left) / cell);
  const size = columns * Math.round((box.top - box.bottom) / cell);
  const seen = new Uint8Array(size);
  const sides = innerSides(cornersOf(box));
  for (const looker of lookers) {
    const raster: Raster = { box, cell, columns, cells: new Uint8Array(size) };
    for (const [index, plane] of planes.entries())
      for (const footprint of polygonsOf(looker.view.footprint({ plane, box, pixelsPerMetre })))
        fill(raster, footprint, (before) => (before === index ? index + 1 : before));
    for (const plane of planes)
      for (const solid of solids) for (const shadow of shadowsOf(solid, looker, { plane, box, sides })) fill(raster, shadow, () => 0);
    for (let index = 0; index < size; index += 1) if (raster.cells[index] === planes.length) seen[index] = 1;
  }
  return seen.reduce((sum, is) => sum + is, 0) * cell * cell;
}

function fill({ box, cell, columns, cells }: Raster, convex: readonly Point[], change: (before: number) => number): void {
  const { bottom, top } = boundsOf(convex);
  const rows = cells.length / columns;
  const last = Math.min(rows - 1, Math.floor((top - box.bottom) / cell));
  for (let row = Math.max(0, Math.floor((bottom - box.bottom) / cell)); row <= last; row += 1) {
    const y = box.bottom + (row + 0.5) * cell;
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let index = 0; index < convex.length; index += 1) {
      const [ax, ay] = convex[index] ?? [0, 0];
      const [bx, by] = convex[(index + 1) % convex.length] ?? [0, 0];
      if (ay > y === by > y) continue;
      const x = ax + ((y - ay) / (by - ay)) * (bx - ax);
      from = Math.min(from, x);
      to = Math.max(to, x);
    }
    const first = Math.max(0, Math.ceil((from - box.left) / cell - 0.5));
    for (let column = first; column < columns && box.left + (column + 0.5) * cell < to; column += 1)
      cells[row * columns + column] = change(cells[row * columns + column] ?? 0);
  }
}
