// The floor plan of a canteen as its installer drew it: zones, what stands in the way, and how each camera is mounted. Metres and degrees.
import { type Static, Type } from 'typebox';
import { Identifier, ZoneKind } from './primitives.ts';

const closed = { additionalProperties: false };
const Metres = Type.Number({ minimum: -1000, maximum: 1000 });
const Height = Type.Number({ minimum: 0, maximum: 100, description: 'metres above the floor' });
const Point = Type.Tuple([Metres, Metres], { description: '[x, y], metres' });
export const Polygon = Type.Array(Point, {
  minItems: 3,
  maxItems: 500,
  description: 'corners in order, either way round; not repeated at the end',
});
export type Polygon = Static<typeof Polygon>;

export const PlanZone = Type.Object(
  {
    id: Identifier,
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
    id: Identifier,
    polygon: Polygon,
    bottom: Height,
    top: Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: 'metres above the floor; left out: up to the ceiling' })),
  },
  closed,
);
export type PlanObstacle = Static<typeof PlanObstacle>;

export const Projection = Type.Enum(['rectilinear', 'equidistant', 'measured', 'omnidirectional'], {
  description: 'how the lens draws; omnidirectional sees every way and needs no lens; measured: by corners tapped on the picture',
});
export type Projection = Static<typeof Projection>;

export const PlanCamera = Type.Object(
  {
    id: Identifier,
    position: Type.Tuple([Metres, Metres, Type.Number({ exclusiveMinimum: 0, maximum: 100 })], {
      description: '[x, y, height], metres',
    }),
    pan: Type.Optional(Type.Number({ minimum: -360, maximum: 360, description: 'degrees, counter-clockwise from +x; left out: 0' })),
    tilt: Type.Optional(Type.Number({ minimum: -90, maximum: 90, description: 'degrees, 0 level, 90 straight down; left out: 0' })),
    horizontalFov: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 360, description: 'degrees' })),
    resolution: Type.Optional(
      Type.Tuple([Type.Integer({ minimum: 1, maximum: 20_000 }), Type.Integer({ minimum: 1, maximum: 20_000 })], {
        description: '[width, height], pixels; with square pixels its shape gives the vertical field of view',
      }),
    ),
    projection: Projection,
    floorPoints: Type.Optional(
      Type.Array(
        Type.Object(
          {
            picture: Type.Tuple([Type.Number(), Type.Number()], {
              description: '[x, y] on the picture, pixels from its upper left corner',
            }),
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
      Type.Number({ exclusiveMinimum: 0, maximum: 5000, description: 'density a place must be seen with; left out: any' }),
    ),
    sliver: Type.Optional(
      Type.Number({ minimum: 0, maximum: 5, description: 'blind strips narrower than this are not counted, metres; 0 keeps every sliver' }),
    ),
    zones: Type.Array(PlanZone, { minItems: 1, maxItems: 64 }),
    obstacles: Type.Optional(Type.Array(PlanObstacle, { maxItems: 1000 })),
    cameras: Type.Optional(Type.Array(PlanCamera, { maxItems: 256 })),
  },
  closed,
);
export type Plan = Static<typeof Plan>;
