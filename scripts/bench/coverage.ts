// How long the coverage of a large and of a usual canteen takes, and the same two on a grid of 5 cm.
import type { Plan, PlanCamera, PlanObstacle, Polygon } from '#contract/plan.ts';
import { coverageOf } from '../../gateway/coverage/zone-coverage.ts';
import { rastered } from './coverage-raster.ts';
import type { Figure } from './figure.ts';

const gridCell = 0.05;

export async function coverage(say: (line: string) => void): Promise<Figure[]> {
  const large = hall({ wide: 60, deep: 40, cameras: 60, boxes: 500 });
  const usual = hall({ wide: 20, deep: 12, cameras: 10, boxes: 100 });
  const figures = [
    { metric: 'large: 60 cameras, 2,000 edges, two planes', value: milliseconds(large, { warm: 3, rounds: 5 }), goal: '<=500' as const },
    { metric: 'usual: 10 cameras, 100 boxes, two planes', value: milliseconds(usual, { warm: 30, rounds: 50 }), goal: '<=20' as const },
  ];
  for (const [name, plan] of Object.entries({ large, usual })) {
    const exact = coverageOf(plan).reduce((sum, { levels }) => sum + (levels[0]?.covered ?? 0), 0);
    const started = performance.now();
    const grid = rastered(plan, gridCell);
    const took = Math.round(performance.now() - started);
    say(`${name}: exact ${exact.toFixed(2)} m²; grid of ${gridCell} m ${grid.toFixed(2)} m² in ${took} ms`);
  }
  return figures.map((figure) => ({ ...figure, unit: 'ms' }));
}

/** The best of the rounds, since whatever else runs on the machine only ever adds to one. */
function milliseconds(plan: Plan, { warm, rounds }: { warm: number; rounds: number }): number {
  const times = Array.from({ length: warm + rounds }, () => {
    const started = performance.now();
    coverageOf(plan);
    return performance.now() - started;
  });
  return Math.round(Math.min(...times.slice(warm)) * 10) / 10;
}

/** Three zones side by side, boxes turned at random, cameras under the ceiling; the same at every run. */
function hall({ wide, deep, cameras, boxes }: { wide: number; deep: number; cameras: number; boxes: number }): Plan {
  const random = seeded(7);
  const between = (from: number, to: number) => from + (to - from) * random();
  const kinds = ['dining', 'cooking', 'cleaning'] as const;
  const zones = kinds.map((kind, index) => ({
    id: kind,
    kind,
    polygon: rectangle([(wide * index) / 3, 0], [(wide * (index + 1)) / 3, deep]),
    planes: [0, 0.9],
  }));
  const obstacles = Array.from({ length: boxes }, (_, index): PlanObstacle => {
    const [x, y, turned] = [between(0, wide), between(0, deep), between(0, Math.PI)];
    const [halfWide, halfDeep] = [between(0.2, 0.8), between(0.2, 0.5)];
    const polygon = rectangle([-halfWide, -halfDeep], [halfWide, halfDeep]).map(([px, py]): [number, number] => [
      x + px * Math.cos(turned) - py * Math.sin(turned),
      y + px * Math.sin(turned) + py * Math.cos(turned),
    ]);
    return { id: `box-${index}`, polygon, bottom: 0, top: between(0.5, 1.9) };
  });
  const placed = Array.from(
    { length: cameras },
    (_, index): PlanCamera => ({
      id: `camera-${index}`,
      position: [between(0, wide), between(0, deep), between(2.5, 3.2)],
      pan: between(-180, 180),
      tilt: between(15, 45),
      horizontalFov: 90,
      resolution: [1920, 1080],
      projection: 'rectilinear',
    }),
  );
  return { pixelsPerMetre: 62.5, sliver: 0.2, zones, obstacles, cameras: placed };
}

function rectangle([left, bottom]: [number, number], [right, top]: [number, number]): Polygon {
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
