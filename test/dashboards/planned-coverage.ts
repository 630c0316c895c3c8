// A floor plan of three zones and what its cameras are told to cover: a corner behind a hanging hood, one behind a shelf, a far end seen too coarsely.
import type { BlindSpot, CoverageLevel, CoverageMeasured } from '#contract/coverage.ts';
import type { FactOf } from '#contract/facts.ts';
import type { Plan, Polygon } from '#contract/plan.ts';
import { later } from './district.ts';

export const plan: Plan = {
  pixelsPerMetre: 125,
  sliver: 0.2,
  zones: [
    {
      id: 'hall',
      kind: 'dining',
      polygon: [
        [0, 0],
        [9, 0],
        [9, 7],
        [0, 7],
      ],
      planes: [0, 1.2],
    },
    {
      id: 'stove',
      kind: 'cooking',
      polygon: [
        [9.2, 0],
        [15, 0],
        [15, 4.4],
        [9.2, 4.4],
      ],
      planes: [0, 0.9],
    },
    {
      id: 'wash',
      kind: 'cleaning',
      polygon: [
        [9.2, 4.6],
        [15, 4.6],
        [15, 7],
        [9.2, 7],
      ],
      planes: [0, 0.85],
    },
  ],
  obstacles: [
    {
      id: '灶台',
      polygon: [
        [10.5, 0.2],
        [14, 0.2],
        [14, 1.1],
        [10.5, 1.1],
      ],
      bottom: 0,
      top: 0.9,
    },
    {
      id: '油烟罩',
      polygon: [
        [10.4, 0.1],
        [14.2, 0.1],
        [14.2, 1.4],
        [10.4, 1.4],
      ],
      bottom: 1.8,
      top: 2.4,
    },
    {
      id: '货架',
      polygon: [
        [9.4, 3.6],
        [11.2, 3.6],
        [11.2, 4.2],
        [9.4, 4.2],
      ],
      bottom: 0,
      top: 1.8,
    },
    {
      id: '取餐台',
      polygon: [
        [6.8, 2.2],
        [7.6, 2.2],
        [7.6, 5.2],
        [6.8, 5.2],
      ],
      bottom: 0,
      top: 1.1,
    },
  ],
  cameras: [
    { id: 'hall-1', position: [0.2, 6.8, 2.8], pan: -40, tilt: 30, horizontalFov: 95, resolution: [2560, 1440], projection: 'rectilinear' },
    {
      id: 'cook-1',
      position: [14.8, 4.2, 2.7],
      pan: -145,
      tilt: 35,
      horizontalFov: 90,
      resolution: [1920, 1080],
      projection: 'rectilinear',
    },
    {
      id: 'wash-1',
      position: [9.4, 6.8, 2.6],
      pan: -25,
      tilt: 35,
      horizontalFov: 100,
      resolution: [1920, 1080],
      projection: 'rectilinear',
    },
  ],
};

const corner: Polygon = [
  [9.2, 0],
  [10.4, 0],
  [10.4, 1.4],
  [9.2, 1.9],
];
const behindShelf: Polygon = [
  [9.2, 3.3],
  [11.4, 3.5],
  [11.4, 3.6],
  [11.2, 3.6],
  [9.4, 3.6],
  [9.4, 4.4],
  [9.2, 4.4],
];
const farHall: Polygon = [
  [6.2, 0],
  [9, 0],
  [9, 3.4],
  [8.1, 2.2],
];
const nearHall: Polygon = [
  [0, 7],
  [0, 5.8],
  [0.9, 5.9],
  [1.3, 7],
];

function level(pixelsPerMetre: number, free: number, blind: CoverageLevel['blind']): CoverageLevel {
  const blindArea = blind.reduce((sum, { area }) => sum + area, 0);
  const covered = free - blindArea;
  return { pixelsPerMetre, covered, ratio: covered / free, overlap: 0, blindArea, blindCount: blind.length, blind };
}

const behindHood: BlindSpot = { area: 1.98, cause: { kind: 'behind', obstacle: '油烟罩', camera: 'cook-1' }, polygon: corner, holes: [] };
const shelf: BlindSpot = { area: 0.61, cause: { kind: 'behind', obstacle: '货架', camera: 'cook-1' }, polygon: behindShelf, holes: [] };
const tooFar: BlindSpot = { area: 5.42, cause: { kind: 'too-few-pixels', camera: 'hall-1' }, polygon: farHall, holes: [] };
const underneath: BlindSpot = { area: 1.29, cause: { kind: 'out-of-view' }, polygon: nearHall, holes: [] };

function measured(about: Pick<CoverageMeasured, 'planes' | 'area' | 'free' | 'levels' | 'cameras'>): CoverageMeasured {
  return { planSha256: 'a'.repeat(64), sliver: 0.2, ...about };
}

/** The coverage of each zone, seen half a minute before `at`. */
export function coverageAt(at: string): FactOf<'coverage'>[] {
  const seen = { schemaVersion: 1, check: 'coverage', outcome: 'ok', observedAt: later(at, -30), validUntil: later(at, 300) } as const;
  return [
    {
      ...{ ...seen, device: 'hall' },
      measured: measured({
        ...{ planes: [0, 1.2], area: 63, free: 60.6 },
        levels: [
          level(0, 60.6, [underneath]),
          level(80, 60.6, [underneath]),
          level(125, 60.6, [tooFar, underneath]),
          level(250, 60.6, [
            {
              area: 38.2,
              cause: { kind: 'too-few-pixels', camera: 'hall-1' },
              polygon: [
                [3.5, 0],
                [9, 0],
                [9, 7],
                [5.2, 7],
              ],
              holes: [],
            },
            underneath,
          ]),
        ],
        cameras: [{ id: 'hall-1', counts: true, lostIfItFails: 53.89 }],
      }),
    },
    {
      ...{ ...seen, device: 'stove' },
      measured: measured({
        ...{ planes: [0, 0.9], area: 25.52, free: 21.3 },
        levels: [0, 80, 125].map((pixelsPerMetre) => level(pixelsPerMetre, 21.3, [behindHood, shelf])),
        cameras: [
          { id: 'cook-1', counts: true, lostIfItFails: 18.71 },
          { id: 'wash-1', counts: true, lostIfItFails: 0 },
        ],
      }),
    },
    {
      ...{ ...seen, device: 'wash' },
      measured: measured({
        ...{ planes: [0, 0.85], area: 13.92, free: 13.92 },
        levels: [0, 80, 125].map((pixelsPerMetre) => level(pixelsPerMetre, 13.92, [])),
        cameras: [{ id: 'wash-1', counts: true, lostIfItFails: 13.92 }],
      }),
    },
  ];
}
