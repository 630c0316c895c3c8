// What must hold of any plan: nothing here knows a right answer but the independent grid.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan, PlanCamera, PlanObstacle, Polygon } from '#contract/plan.ts';
import { planFault } from '../../gateway/coverage/plan-faults.ts';
import { coverageOf } from '../../gateway/coverage/zone-coverage.ts';
import { tried } from './coverage-grid.ts';
import { camera, rectangle, seen, zone } from './coverage-plans.ts';

const metres = (min: number, max: number) => fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);
const shapes: fc.Arbitrary<Polygon> = fc
  .record({ x: metres(0, 8), y: metres(0, 6), wide: metres(0.2, 3), deep: metres(0.2, 3), turned: metres(0, 3), bent: fc.boolean() })
  .map(({ x, y, wide, deep, turned, bent }) => {
    const corners = rectangle(-wide / 2, -deep / 2, wide / 2, deep / 2);
    if (bent) corners.splice(2, 0, [wide / 4, 0]); // a dent
    return corners.map(([px, py]) => [
      x + px * Math.cos(turned) - py * Math.sin(turned),
      y + px * Math.sin(turned) + py * Math.cos(turned),
    ]);
  });
const obstacles: fc.Arbitrary<PlanObstacle> = fc
  .record({ polygon: shapes, bottom: fc.constantFrom(0, 0, 0.7, 1.8), tall: fc.option(metres(0.1, 2), { nil: undefined }) })
  .map(({ polygon, bottom, tall }) => ({ id: 'box', polygon, bottom, ...(tall === undefined ? {} : { top: bottom + tall }) }));
const cameras: fc.Arbitrary<PlanCamera> = fc
  .record({
    at: fc.tuple(metres(0, 8), metres(0, 6), metres(1.5, 3.5)),
    pan: fc.integer({ min: -180, max: 180 }),
    tilt: fc.integer({ min: 0, max: 90 }),
    horizontalFov: fc.integer({ min: 30, max: 130 }),
    projection: fc.constantFrom('rectilinear', 'rectilinear', 'omnidirectional', 'equidistant'),
  })
  .map(({ at, ...lens }) => camera(at, lens));
const named = <Item extends { id: string }>(items: Item[]): Item[] => items.map((item, index) => ({ ...item, id: `${item.id}-${index}` }));
const plans: fc.Arbitrary<Plan> = fc
  .record({
    pixelsPerMetre: fc.constantFrom(0.001, 80, 200),
    planes: fc.constantFrom<number[]>([0], [0.9], [0, 1.2]),
    obstacles: fc.array(obstacles, { maxLength: 4 }).map(named),
    cameras: fc.array(cameras, { minLength: 1, maxLength: 3 }).map(named),
  })
  .map(({ planes, ...plan }) => ({ ...plan, zones: [zone(rectangle(0, 0, 8, 6), planes)] }))
  .filter((plan) => planFault(plan) === undefined);

const runs = { numRuns: 60 };

describe('of any plan', { timeout: 120_000 }, () => {
  it('free is what is seen and what is blind together, and each blind place is a part of its own', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { free, covered, overlap, blind, lostIfItFails, area } = seen(plan);
        expect(covered + blind.reduce((sum, spot) => sum + spot.area, 0)).toBeCloseTo(free, 2.5);
        expect(free).toBeLessThanOrEqual(area + 1e-9);
        expect(overlap).toBeLessThanOrEqual(covered + 1e-6);
        expect(lostIfItFails().reduce((sum, each) => sum + each.area, 0)).toBeCloseTo(covered - overlap, 2.5);
      }),
      runs,
    );
  });

  it('turning and moving all of it changes nothing', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: -180, max: 180 }), metres(-200, 200), (plan, degrees, by) => {
        const angle = (degrees * Math.PI) / 180;
        const turn = (x: number, y: number): [number, number] => [
          x * Math.cos(angle) - y * Math.sin(angle) + by,
          x * Math.sin(angle) + y * Math.cos(angle) - 2 * by,
        ];
        const moved: Plan = {
          ...plan,
          zones: plan.zones.map((each) => ({ ...each, polygon: each.polygon.map(([x, y]) => turn(x, y)) })),
          obstacles: (plan.obstacles ?? []).map((each) => ({ ...each, polygon: each.polygon.map(([x, y]) => turn(x, y)) })),
          cameras: (plan.cameras ?? []).map((each) => {
            const [x, y, z] = each.position;
            return { ...each, position: [...turn(x, y), z], pan: (each.pan ?? 0) + degrees };
          }),
        };
        expect(seen(moved).covered).toBeCloseTo(seen(plan).covered, 2.3);
        expect(seen(moved).overlap).toBeCloseTo(seen(plan).overlap, 2.3);
      }),
      runs,
    );
  });

  it('one more obstacle never lets see more of what stays free, one more camera never less, a higher level never more', () => {
    fc.assert(
      fc.property(plans, obstacles, cameras, (plan, obstacle, more) => {
        const { covered } = seen(plan);
        const fuller = { ...plan, obstacles: [...(plan.obstacles ?? []), { ...obstacle, id: 'more' }] };
        if (planFault(fuller) === undefined) expect(seen(fuller).covered).toBeLessThanOrEqual(covered + 1e-3);
        const watched = { ...plan, cameras: [...(plan.cameras ?? []), { ...more, id: 'more' }] };
        if (planFault(watched) === undefined) expect(seen(watched).covered).toBeGreaterThanOrEqual(covered - 1e-3);
        const levels = coverageOf(plan, { levels: [0, 20, 80, 125, 250] })[0]?.levels.map((level) => level.covered) ?? [];
        for (const [index, level] of levels.slice(1).entries()) expect(level).toBeLessThanOrEqual((levels[index] ?? 0) + 1e-3);
      }),
      runs,
    );
  });

  it('trying it point by point comes to the same', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const grid = tried(plan, 0.1);
        const { free, covered, blind, area } = seen(plan);
        const around = blind.flatMap(({ polygon, holes }) => [polygon, ...holes]).reduce((sum, outline) => sum + lengthOf(outline), 28);
        expect(area).toBeCloseTo(48, 6);
        expect(Math.abs(grid.free - free)).toBeLessThan(0.6);
        expect(Math.abs(grid.seen - covered)).toBeLessThan(0.3 + around * 0.1 * 0.25);
      }),
      { numRuns: 40 },
    );
  });
});

function lengthOf(outline: Polygon): number {
  return outline.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = outline[(index + 1) % outline.length] ?? [x, y];
    return sum + Math.hypot(nextX - x, nextY - y);
  }, 0);
}
