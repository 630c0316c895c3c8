// Rooms whose coverage can be worked out on paper.
import { describe, expect, it } from 'vitest';
import type { Plan } from '#contract/plan.ts';
import { coverageOf } from '../../gateway/coverage/zone-coverage.ts';
import { box, camera, everyWay, rectangle, seen, zone } from './coverage-plans.ts';

const near = (value: number) => expect.closeTo(value, 3.5);
const radians = (degrees: number) => (degrees * Math.PI) / 180;

describe('what a lens takes in', () => {
  it('of a corner, level: all but the triangle before its near edge', () => {
    const found = seen({ zones: [zone(rectangle(0, 0, 8, 6), [0.9])], cameras: [camera([0, 0, 2.7], { pan: 45 })] });
    expect(found).toMatchObject({ area: near(48), free: near(48), covered: near(37.76), ratio: near(0.786667), overlap: 0 });
    expect(found.blind).toMatchObject([{ area: near(10.24), cause: { kind: 'out-of-view' }, holes: [] }]);
    expect(found.blind[0]?.polygon.toSorted(([ax, ay], [bx, by]) => ax - bx || ay - by)).toEqual([
      [near(0), near(0)],
      [near(0), near(4.525483)],
      [near(4.525483), near(0)],
    ]);
  });

  it('by two cameras that face each other: all, and each fills the strip under the other', () => {
    const cameras = [camera([0, 3, 2.7], { id: 'west' }), camera([10, 3, 2.7], { id: 'east', pan: 180 })];
    const found = seen({ zones: [zone(rectangle(0, 0, 10, 6), [0.9])], cameras });
    expect(found).toMatchObject({ free: near(60), covered: near(60), ratio: 1, overlap: near(21.6), blind: [] });
    expect(found.lostIfItFails()).toEqual([
      { camera: 'west', area: near(19.2) },
      { camera: 'east', area: near(19.2) },
    ]);
  });

  it.each([
    [400, 12.96],
    [401, 0],
  ])('straight down, with %i pixels a metre: all of the picture or nothing', (pixelsPerMetre, covered) => {
    const zones = [zone(rectangle(0, 0, 8, 6))];
    const found = seen({ pixelsPerMetre, zones, cameras: [camera([4, 3, 2.4], { tilt: 90 })] });
    expect(found).toMatchObject({ covered: near(covered), blind: [{ area: near(48 - covered) }] });
    expect(found.blind[0]?.holes).toHaveLength(covered > 0 ? 1 : 0);
    expect(found.blind[0]?.cause.kind).toBe(covered > 0 ? 'out-of-view' : 'too-few-pixels');
  });

  it('straight down, turned by its pan: 2.7 m along the way it is turned to, 4.8 m across', () => {
    const narrow = { zones: [zone(rectangle(2.65, 0.6, 5.35, 5.4))] };
    expect(seen({ ...narrow, cameras: [camera([4, 3, 2.4], { tilt: 90 })] }).ratio).toBe(1);
    expect(seen({ ...narrow, cameras: [camera([4, 3, 2.4], { tilt: 90, pan: 90 })] }).covered).toBeCloseTo(2.7 * 2.7, 3.5);
  });

  it.each([
    [0, 2.6],
    [0.9, 1.7],
  ])('tilted by 35 degrees, of the plane at %f m: a trapezium that widens with depth, not with distance', (plane, drop) => {
    const [sin, cos, half] = [Math.sin(radians(35)), Math.cos(radians(35)), 9 / 16];
    const from = (drop * (cos - half * sin)) / (sin + half * cos);
    const to = (drop * (cos + half * sin)) / (sin - half * cos);
    const widths = [from, to].map((away) => 2 * (away * cos + drop * sin));
    const area = ((to - from) * ((widths[0] ?? 0) + (widths[1] ?? 0))) / 2;
    const found = seen({ zones: [zone(rectangle(-40, -40, 40, 40), [plane])], cameras: [camera([0, 0, 2.6], { tilt: 35 })] });
    expect(found.covered).toBeCloseTo(area, 3);
  });

  it('tilted, with a density: a straight cut where the depth is W/(2·a·L)', () => {
    // Depth is d·cos 60° + 3·sin 60°; 240 pixels a metre end at 4 m.
    const far = (4 - 3 * Math.sin(radians(60))) / Math.cos(radians(60));
    const cameras = [camera([0, 0, 3], { tilt: 60 })];
    const strip = [zone(rectangle(1, -0.5, 8, 0.5))]; // wholly within its sides and edges
    expect(seen({ pixelsPerMetre: 240, zones: strip, cameras }).covered).toBeCloseTo(far - 1, 3.5);
    expect(seen({ zones: strip, cameras }).covered).toBeGreaterThan(4);
  });

  it('looks back under itself when it is steep enough', () => {
    const cameras = [camera([0, 0, 3], { tilt: 80 })];
    const { covered } = seen({ zones: [zone(rectangle(-4, -0.1, 0, 0.1))], cameras });
    expect(covered).toBeCloseTo(0.2 * 3 * Math.tan(radians(10) - Math.atan(9 / 16)) * -1, 3.5);
  });

  it('of a plane at or above itself: nothing', () => {
    const zones = [zone(rectangle(0, 0, 8, 6), [1.2])];
    for (const height of [1, 1.2])
      for (const eye of [camera([0, 3, height]), everyWay([0, 3, height])])
        expect(seen({ zones, cameras: [eye] })).toMatchObject({ covered: 0, blind: [{ cause: { kind: 'out-of-view' } }] });
  });

  it('through a fisheye straight down: a circle as far as the density reaches', () => {
    const fisheye = camera([10, 10, 3], { tilt: 90, horizontalFov: 180, resolution: [1800, 1800], projection: 'equidistant' });
    const reach = 1800 / (Math.PI * 100);
    const zones = [zone(rectangle(0, 0, 20, 20))];
    expect(seen({ pixelsPerMetre: 100, zones, cameras: [fisheye] }).covered).toBeCloseTo(Math.PI * (reach ** 2 - 9), 3);
    expect(seen({ zones, cameras: [fisheye] }).ratio).toBe(1);
    expect(seen({ pixelsPerMetre: 192, zones, cameras: [fisheye] }).covered).toBe(0);
  });

  it.each([
    [3, 0, 125],
    [2.7, 0.9, 125],
    [2.7, 0, 80],
    [2.7, 0.9, 80],
    [2.4, 1.2, 100],
    [2.2, 2, 50],
  ])(
    'through a fisheye %d m up, on the plane at %d m, with %d pixels a metre: the circle to a tenth of what is told',
    (height, plane, pixelsPerMetre) => {
      const fisheye = camera([1, 2, height], {
        tilt: 90,
        pan: 17,
        horizontalFov: 180,
        resolution: [2560, 2560],
        projection: 'equidistant',
      });
      const reach = 2560 / (Math.PI * pixelsPerMetre);
      const { covered } = seen({ pixelsPerMetre, zones: [zone(rectangle(-30, -30, 30, 30), [plane])], cameras: [fisheye] });
      expect(Math.abs(covered - Math.PI * (reach ** 2 - (height - plane) ** 2))).toBeLessThan(1e-4);
    },
  );

  it('through a fisheye that is tilted: the circle within the wedge of its picture', () => {
    // 2560 x 1280 pixels over 180 x 90 degrees. Its vertical middle plane halves all it sees; straight down is 45 degrees below its axis, where the picture ends.
    const fisheye = camera([0, 0, 3], { tilt: 45, horizontalFov: 180, resolution: [2560, 1280], projection: 'equidistant' });
    const strip = [zone(rectangle(-9, -0.001, 9, 0.001))];
    const reach = Math.sqrt((2560 / (Math.PI * 100)) ** 2 - 9);
    expect(seen({ pixelsPerMetre: 100, zones: strip, cameras: [fisheye] }).covered).toBeCloseTo(reach * 0.002, 6);
  });

  it('through a fisheye on one side only: to where its picture ends', () => {
    // 3000 x 1000 pixels over 180 degrees: 30 degrees up and down, so that on the middle line it sees 3·tan 30° each way.
    const fisheye = camera([0, 0, 3], { tilt: 90, horizontalFov: 180, resolution: [3000, 1000], projection: 'equidistant' });
    const { covered } = seen({ zones: [zone(rectangle(-8, -0.001, 8, 0.001))], cameras: [fisheye] });
    expect(covered).toBeCloseTo(2 * 3 * Math.tan(radians(30)) * 0.002, 6);
  });

  it.each([[[0]], [[0.9]], [[0, 1.2]]])('measured by four corners of the floor: what the same lens is computed to see, at %j', (planes) => {
    const lens = camera([1, 1, 2.6], { pan: 20, tilt: 35 });
    const floorPoints = [
      [2, 2],
      [6, 2],
      [6, 5],
      [3, 5],
    ].map(([x = 0, y = 0]) => ({ floor: [x, y] as [number, number], picture: pinhole([x - 1, y - 1], 2.6, [20, 35]) }));
    const measured = camera([1, 1, 2.6], { projection: 'measured', floorPoints });
    for (const pixelsPerMetre of [1, 200]) {
      const [computed, tapped] = [lens, measured].map((eye) =>
        seen({ pixelsPerMetre, zones: [zone(rectangle(0, 0, 8, 6), planes)], cameras: [eye] }),
      );
      expect(computed?.covered).toBeGreaterThan(10);
      expect(tapped?.covered).toBeCloseTo(computed?.covered ?? 0, 3.5);
    }
  });
});

/** Where a point of the floor falls on the picture of a pinhole of 90 degrees, in pixels. */
function pinhole([dx, dy]: [number, number], height: number, [pan, tilt]: [number, number]): [number, number] {
  const forward = dx * Math.cos(radians(pan)) + dy * Math.sin(radians(pan));
  const right = dx * Math.sin(radians(pan)) - dy * Math.cos(radians(pan));
  const depth = forward * Math.cos(radians(tilt)) + height * Math.sin(radians(tilt));
  const up = forward * Math.sin(radians(tilt)) - height * Math.cos(radians(tilt));
  return [960 + (960 * right) / depth, 540 - (960 * up) / depth];
}

describe('what stands in the way', () => {
  const room = zone(rectangle(0, -4, 10, 4));

  it('of a box: its shadow on the floor, and its own place is no floor', () => {
    const found = seen({ zones: [room], obstacles: [box(rectangle(4, -1, 5, 1), 0, 1)], cameras: [everyWay([0, 0, 3])] });
    expect(found).toMatchObject({ area: near(80), free: near(78), covered: near(70.5), ratio: near(0.903846) });
    expect(found.blind).toMatchObject([{ area: near(7.5), cause: { kind: 'behind', obstacle: 'box', camera: 'c1' } }]);
  });

  it('of a hood: a shadow away from it, and the floor beneath it counts', () => {
    // 2 m to 2.5 m high under an eye at 3 m: the floor is reached 3 and 6 times as far out. Hull of [3,4.5]x[±1.5] and [6,9]x[±3].
    const obstacles = [box(rectangle(1, -0.5, 1.5, 0.5), 2, 2.5, 'hood')];
    const found = seen({ zones: [room], obstacles, cameras: [everyWay([0, 0, 3])] });
    const hull = 3 * ((3 + 6) / 2) + 3 * 6;
    expect(found).toMatchObject({ free: near(80), covered: near(80 - hull) });
    expect(found.blind).toMatchObject([{ area: near(hull), cause: { kind: 'behind', obstacle: 'hood' } }]);
  });

  it('of a shelf that hangs above the plane: as much as of a hood, and nothing of a plane above it', () => {
    const obstacles = [box(rectangle(2, -1, 3, 1), 1, 1.5, 'shelf')];
    const on = (plane: number) => seen({ zones: [zone(rectangle(0, -4, 10, 4), [plane])], obstacles, cameras: [everyWay([0, 0, 3])] });
    // At 0.6 m: 1.2 and 1.6 times as far out. Hull of [2.4,3.6]x[±1.2] and [3.2,4.8]x[±1.6].
    expect(on(0.6).blind).toMatchObject([{ area: near(0.8 * 2.8 + 1.6 * 3.2) }]);
    expect(on(1.5)).toMatchObject({ ratio: 1, blind: [] });
    expect(on(1.2)).toMatchObject({ free: near(78) }); // goes through it
  });

  it('of a wall up to the ceiling: everything behind it, however far and however near it is', () => {
    const obstacles = [box(rectangle(2, -0.5, 2.2, 0.5), 0, undefined, 'wall')];
    const found = seen({ zones: [room], obstacles, cameras: [everyWay([0, 0, 3])] });
    const behind = ((10 - 2) * (1 + 5)) / 2 - 0.2;
    expect(found.blind).toMatchObject([{ area: near(behind), cause: { kind: 'behind', obstacle: 'wall' } }]);
    // As wide as it is far away: at 8 m it reaches both sides of the room.
    const close = [box(rectangle(0.06, -0.03, 0.07, 0.03), 0)];
    const narrow = seen({ zones: [room], obstacles: close, cameras: [everyWay([0, 0, 3])] });
    expect(narrow.free - narrow.covered).toBeCloseTo((8 ** 2 - 0.06 ** 2) / 2 + 2 * 8 - 0.0006, 3);
  });

  it('of something higher than the eye counts as a wall; of something above the eye, not at all', () => {
    const at = (bottom: number, top: number) =>
      seen({ zones: [room], obstacles: [box(rectangle(2, -0.5, 2.2, 0.5), bottom, top)], cameras: [everyWay([0, 0, 3])] });
    expect(at(0, 3).covered).toBeCloseTo(at(0, 50).covered, 6);
    expect(at(3, 4)).toMatchObject({ ratio: 1, free: near(80) });
  });

  it('of an L: the room within its arms is seen', () => {
    const arms = box(
      [
        [4, -1],
        [5, -1],
        [5, 2],
        [4.8, 2],
        [4.8, -0.8],
        [4, -0.8],
      ],
      0,
      1,
    );
    const asTwo = [box(rectangle(4, -1, 5, -0.8), 0, 1, 'foot'), box(rectangle(4.8, -0.8, 5, 2), 0, 1, 'back')];
    const cameras = [everyWay([0, 1, 3])];
    const [bent, pieces] = [[arms], asTwo].map((obstacles) => seen({ zones: [room], obstacles, cameras }));
    expect(bent?.covered).toBeCloseTo(pieces?.covered ?? 0, 3.5);
    expect(bent?.free).toBeCloseTo(80 - 0.2 - 0.56, 6);
  });

  it('drawn across itself is both of its halves', () => {
    const bow: Plan['obstacles'] = [
      box(
        [
          [4, -1],
          [5, 1],
          [5, -1],
          [4, 1],
        ],
        0,
        1,
      ),
    ];
    const halves = [
      box(
        [
          [4, -1],
          [4.5, 0],
          [4, 1],
        ],
        0,
        1,
        'one',
      ),
      box(
        [
          [5, 1],
          [4.5, 0],
          [5, -1],
        ],
        0,
        1,
        'two',
      ),
    ];
    const [drawn, meant] = [bow, halves].map((obstacles) => seen({ zones: [room], obstacles, cameras: [everyWay([0, 0, 3])] }));
    expect(drawn?.free).toBeCloseTo(79, 6);
    expect(drawn?.covered).toBeCloseTo(meant?.covered ?? 0, 3.5);
  });

  it('under a tilted lens: the shadow within the picture', () => {
    const lens = camera([0, 0, 3], { tilt: 60 });
    const strip = zone(rectangle(1, -0.5, 4, 0.5));
    const obstacles = [box(rectangle(2, -0.5, 2.5, 0.5), 0, 1)];
    // Box to 1 m: shadow from its foot to 1.5 times 2.5 m, and its place is taken from what is free.
    expect(seen({ zones: [strip], obstacles, cameras: [lens] })).toMatchObject({ free: near(2.5), covered: near(2.5 - 1.25) });
  });

  it('of the wall it hangs on is nothing: it looks from 5 cm before it', () => {
    const wall = box(rectangle(-0.2, -4, 0, 4), 0, undefined, 'wall');
    const found = seen({ zones: [zone(rectangle(0, -3, 8, 3), [0.9])], obstacles: [wall], cameras: [camera([0, 0, 2.7])] });
    expect(found.covered).toBeCloseTo(6 * (8 - 3.25), 3.5);
  });

  it('around a corner of an L-shaped room: what the corner hides', () => {
    const room = zone([
      [0, 0],
      [8, 0],
      [8, 4],
      [4, 4],
      [4, 8],
      [0, 8],
    ]);
    const corner = box(rectangle(4, 4, 8, 8), 0, undefined, 'corner');
    // From (6, 2) the edge of the corner is seen along the line x + y = 8: beyond it, up to x = 0, lies a triangle of 4 by 4.
    const found = seen({ zones: [room], obstacles: [corner], cameras: [everyWay([6, 2, 3])] });
    expect(found).toMatchObject({ free: near(48), covered: near(40), blind: [{ area: near(8), cause: { obstacle: 'corner' } }] });
  });
});

describe('several planes', () => {
  it('count only where one camera sees them all', () => {
    // Each camera sees the floor from 4.8 m on and 0.9 m from 3.2 m on.
    const eyes = [camera([0, 3, 2.7], { id: 'west' }), camera([10, 3, 2.7], { id: 'east', pan: 180 })];
    const both = seen({ zones: [zone(rectangle(0, 0, 10, 6), [0, 0.9])], cameras: eyes });
    expect(both).toMatchObject({ covered: near(60), overlap: near(60 - 2 * 4.8 * 6) });
    const low = camera([5, 3, 1.2], { id: 'low', tilt: 90 }); // nothing but the floor beneath it, and nothing at 1.3 m
    expect(seen({ zones: [zone(rectangle(0, 0, 10, 6), [0, 1.3])], cameras: [low] }).covered).toBe(0);
  });

  it('are hidden by what hides any of them, and lose what stands on any of them', () => {
    const obstacles = [box(rectangle(4, -1, 5, 1), 0, 1)];
    const on = (planes: number[]) => seen({ zones: [zone(rectangle(0, -4, 10, 4), planes)], obstacles, cameras: [everyWay([0, 0, 3])] });
    expect(on([1])).toMatchObject({ free: near(80), ratio: 1 });
    expect(on([0, 1])).toMatchObject({ free: near(78), covered: near(70.5) });
    expect(on([0, 0])).toMatchObject({ free: near(78), covered: near(70.5) });
  });
});

describe('blind places', () => {
  it('are none where nobody looks at nothing, and all where there is no camera', () => {
    expect(seen({ zones: [zone(rectangle(0, 0, 4, 4))] })).toMatchObject({
      covered: 0,
      ratio: 0,
      blind: [{ area: near(16), cause: { kind: 'out-of-view' } }],
    });
    const full = [box(rectangle(-1, -1, 5, 5), 0, 1)];
    expect(seen({ zones: [zone(rectangle(0, 0, 4, 4))], obstacles: full, cameras: [everyWay([2, 2, 3])] })).toMatchObject({
      free: 0,
      ratio: 0,
      blind: [],
    });
  });

  it('narrower than a sliver are not listed, but are not seen either', () => {
    const plan = (sliver: number): Plan => ({
      sliver,
      zones: [zone(rectangle(0, -4, 10, 4))],
      obstacles: [box(rectangle(4, -4, 5, 4), 0, 0.1)],
      cameras: [everyWay([0, 0, 3])],
    });
    const strip = 5 * (3 / 2.9) - 5; // 0.17 m wide
    expect(seen(plan(0)).blind).toMatchObject([{ area: near(strip * 8) }]);
    expect(seen(plan(0.15)).blind).toMatchObject([{ area: near(strip * 8) }]);
    expect(seen(plan(0.2))).toMatchObject({ blind: [], covered: near(72 - strip * 8) });
  });

  it('keep their sharp corners when slivers are dropped', () => {
    const found = seen({ sliver: 0.2, zones: [zone(rectangle(0, 0, 8, 6), [0.9])], cameras: [camera([0, 0, 2.7], { pan: 45 })] });
    expect(found.blind).toMatchObject([{ area: near(10.24) }]);
  });

  it('have the cause that the best placed camera has', () => {
    const causes = (plan: Plan) => seen(plan).blind.map(({ cause }) => cause);
    const zones = [zone(rectangle(6, -1, 8, 1))];
    const wall = box(rectangle(5, -1, 5.5, 1), 0, undefined, 'wall');
    const [away, poor, hidden] = [
      camera([4, 0, 3], { id: 'away', pan: 180 }),
      camera([-20, 0, 3], { id: 'poor' }),
      camera([3, 0, 3], { id: 'hidden', tilt: 30 }),
    ];
    expect(causes({ zones, pixelsPerMetre: 80, cameras: [away] })).toEqual([{ kind: 'out-of-view' }]);
    expect(causes({ zones, pixelsPerMetre: 80, cameras: [away, poor] })).toEqual([{ kind: 'too-few-pixels', camera: 'poor' }]);
    expect(causes({ zones, pixelsPerMetre: 80, obstacles: [wall], cameras: [away, poor, hidden] })).toEqual([
      { kind: 'behind', obstacle: 'wall', camera: 'hidden' },
    ]);
  });

  it('are told with the camera that would see them if it worked', () => {
    const plan: Plan = { zones: [zone(rectangle(0, 0, 4, 4))], cameras: [everyWay([2, 2, 3])] };
    const [down] = coverageOf(plan, { cameras: new Map([['c1', { counts: false, pixelShare: 1 }]]) });
    expect(down?.levels).toMatchObject([{ covered: 0, blind: [{ area: near(16), cause: { kind: 'camera-down', camera: 'c1' } }] }]);
  });
});

describe('a plan', () => {
  it('may be drawn either way round, and its zones may lie over each other', () => {
    const drawn = rectangle(0, -4, 10, 4);
    const plan = (way: (polygon: typeof drawn) => typeof drawn): Plan => ({
      zones: [zone(way(drawn)), zone(way(rectangle(2, -4, 12, 4)), [0], 'b')],
      obstacles: [box(way(rectangle(4, -1, 5, 1)), 0, 1), box(way(rectangle(9, 3, 12, 5)), 0, 1, 'across')],
      cameras: [everyWay([0, 0, 3])],
    });
    const [there, back] = [plan((polygon) => polygon), plan((polygon) => polygon.toReversed())].map((each) => coverageOf(each));
    expect(there?.[0]?.free).toBeCloseTo(80 - 2 - 1, 6);
    expect(there?.map(({ levels }) => levels[0]?.covered)).toEqual(back?.map(({ levels }) => expect.closeTo(levels[0]?.covered ?? 0, 5)));
  });

  it('is judged at several levels at once as at each alone, and by the pixels that really come', () => {
    const plan: Plan = { zones: [zone(rectangle(0, 0, 8, 6), [0, 0.9])], cameras: [camera([0, 0, 2.7], { pan: 45, tilt: 20 })] };
    const [together] = coverageOf(plan, { levels: [0, 125, 250] });
    const alone = [0, 125, 250].map((level) => coverageOf(plan, { levels: [level] })[0]?.levels[0]?.covered ?? -1);
    expect(together?.levels.map(({ covered }) => covered)).toEqual(alone.map((covered) => expect.closeTo(covered, 3.5)));
    const [half] = coverageOf(plan, { levels: [125], cameras: new Map([['c1', { counts: true, pixelShare: 0.5 }]]) });
    expect(half?.levels[0]?.covered).toBeCloseTo(alone[2] ?? 0, 3.5);
  });
});
