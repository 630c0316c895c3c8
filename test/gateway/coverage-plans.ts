// Small plans for the tests of coverage, each a room or a thing in it.
import type { Plan, PlanCamera, PlanObstacle, PlanZone, Polygon } from '#contract/plan.ts';
import { coverageOf, type LevelCoverage, type ZoneCoverage } from '../../gateway/coverage/zone-coverage.ts';

export function rectangle(left: number, bottom: number, right: number, top: number): Polygon {
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}

export function zone(polygon: Polygon, planes = [0], id = 'a'): PlanZone {
  return { id, kind: 'cooking', polygon, planes };
}

export function box(polygon: Polygon, bottom: number, top?: number, id = 'box'): PlanObstacle {
  return { id, polygon, bottom, ...(top === undefined ? {} : { top }) };
}

/** A lens of 90 degrees across: its picture is twice as wide as its distance, and 16:9. */
export function camera(position: PlanCamera['position'], more: Partial<PlanCamera> = {}): PlanCamera {
  return { id: 'c1', position, horizontalFov: 90, resolution: [1920, 1080], projection: 'rectilinear', ...more };
}

export function everyWay(position: PlanCamera['position'], id = 'c1'): PlanCamera {
  return { id, position, projection: 'omnidirectional' };
}

/** The only zone of a plan at its only level. */
export function seen(plan: Plan): ZoneCoverage & LevelCoverage {
  const [first] = coverageOf(plan);
  const level = first?.levels[0];
  if (first === undefined || level === undefined) throw new Error('a plan needs a zone');
  return { ...first, ...level };
}
