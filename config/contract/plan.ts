// The floor plan of a canteen as its installer drew it: zones, what stands in the way, and how each camera is mounted. Metres and degrees.
import { type Static, type TSchema, Type } from 'typebox';
import { ZoneKind } from './primitives.ts';

const closed = { additionalProperties: false };
const Metres = Type.Number({ minimum: -1000, maximum: 1000 });
const Height = Type.Number({ minimum: 0, maximum: 100, description: 'metres above the floor' });
// OpenAPI 3.1 knows no list whose items have a schema each in the way TypeBox writes tuples.
const two = (items: TSchema, description: string) =>
  Type.Unsafe<[number, number]>(Type.Array(items, { minItems: 2, maxItems: 2, description }));
const three = (items: TSchema, description: string) =>
  Type.Unsafe<[number, number, number]>(Type.Array(items, { minItems: 3, maxItems: 3, description }));
const Point = two(Metres, '[x, y], metres');
/** What drawn things are called; those the gateway watches by go by the ids of its settings. */
export const PlanId = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });

export const Polygon = Type.Array(Point, {
  minItems: 3,
  maxItems: 500,
  description: 'corners in order, either way round; not repeated at the end',
});
export type Polygon = Static<typeof Polygon>;

export const PlanZone = Type.Object(
  {
    id: PlanId,
    kind: ZoneKind,
    polygon: Polygon,
    planes: Type.Array(Height, {
      minItems: 1,
      maxItems: 8,
      description: 'heights at which the zone must be seen; a place counts only where one camera sees all of them',
    }),
  },
  closed,
);
export type PlanZone = Static<typeof PlanZone>;

export const PlanObstacle = Type.Object(
  {
    id: PlanId,
    polygon: Polygon,
    bottom: Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: 'metres above the floor; left out: it stands on it' })),
    top: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 100, description: 'metres above the floor; left out: up to the ceiling' }),
    ),
  },
  closed,
);
export type PlanObstacle = Static<typeof PlanObstacle>;

export const Projection = Type.Enum(['rectilinear', 'equidistant', 'measured', 'omnidirectional'], {
  description:
    'how the lens draws: rectilinear keeps lines straight; equidistant (fisheye) draws equal angles as equal lengths; measured: by floorPoints; omnidirectional sees every way with any density, for trying a plan, and needs no lens',
});
export type Projection = Static<typeof Projection>;

export const PlanCamera = Type.Object(
  {
    id: PlanId,
    position: three(Metres, '[x, y, height], metres; the height above the floor, more than 0'),
    pan: Type.Optional(Type.Number({ minimum: -360, maximum: 360, description: 'degrees, counter-clockwise from +x; left out: 0' })),
    tilt: Type.Optional(Type.Number({ minimum: -90, maximum: 90, description: 'degrees, 0 level, 90 straight down; left out: 0' })),
    horizontalFov: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 360, description: 'degrees' })),
    resolution: Type.Optional(
      two(
        Type.Integer({ minimum: 1, maximum: 20_000 }),
        '[width, height], pixels; with square pixels its shape gives the vertical field of view',
      ),
    ),
    projection: Projection,
    floorPoints: Type.Optional(
      Type.Array(
        Type.Object(
          {
            picture: two(Type.Number({ minimum: -20_000, maximum: 40_000 }), '[x, y] on the picture, pixels from its upper left corner'),
            floor: Point,
          },
          closed,
        ),
        { minItems: 4, maxItems: 32, description: 'projection measured: points of the floor tapped on the picture' },
      ),
    ),
  },
  closed,
);
export type PlanCamera = Static<typeof PlanCamera>;

export const Plan = Type.Object(
  {
    pixelsPerMetre: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 5000, description: 'pixels a metre across must have; left out: any' }),
    ),
    sliver: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 5,
        description: 'blind strips narrower than this are not listed, metres; 0 or left out: every sliver is',
      }),
    ),
    zones: Type.Array(PlanZone, { minItems: 1, maxItems: 64 }),
    obstacles: Type.Optional(Type.Array(PlanObstacle, { maxItems: 1000 })),
    cameras: Type.Optional(Type.Array(PlanCamera, { maxItems: 256 })),
  },
  closed,
);
export type Plan = Static<typeof Plan>;
