// What the cameras that work now see of one zone, computed from the plan. Square metres; whether that is enough is the server's to say.
import { type Static, Type } from 'typebox';
import { FaultCode } from './fault-code.ts';
import { PlanId, Polygon } from './plan.ts';
import { Identifier, Sha256 } from './primitives.ts';

const closed = { additionalProperties: false };
const Area = Type.Number({ minimum: 0, description: 'm²' });

/** One place nobody sees, and why the best placed camera does not. */
export const BlindSpot = Type.Object(
  {
    area: Area,
    cause: Type.Union([
      Type.Object({ kind: Type.Literal('out-of-view') }, closed),
      Type.Object({ kind: Type.Literal('too-few-pixels'), camera: Identifier }, closed),
      Type.Object({ kind: Type.Literal('behind'), obstacle: PlanId, camera: Identifier }, closed),
      Type.Object({ kind: Type.Literal('camera-down'), camera: Identifier }, closed),
    ]),
    polygon: Polygon,
    holes: Type.Array(Polygon, { maxItems: 50, description: 'places inside it that are seen' }),
  },
  closed,
);
export type BlindSpot = Static<typeof BlindSpot>;

/** How much of the free area is seen with at least this density, on all planes by one camera. */
export const CoverageLevel = Type.Object(
  {
    pixelsPerMetre: Type.Number({ minimum: 0, description: '0: seen at all' }),
    covered: Area,
    ratio: Type.Number({ minimum: 0, maximum: 1 }),
    overlap: Type.Number({ minimum: 0, description: 'seen by two cameras or more, m²' }),
    blindArea: Type.Number({ minimum: 0, description: 'of all blind places together, without slivers, m²: what a verdict goes by' }),
    blindCount: Type.Integer({ minimum: 0 }),
    blind: Type.Array(BlindSpot, { maxItems: 40, description: 'the largest, largest first' }),
  },
  closed,
);
export type CoverageLevel = Static<typeof CoverageLevel>;

export const CoverageMeasured = Type.Object(
  {
    planSha256: Type.String({ ...Sha256, description: 'of the plan it was computed from' }),
    planes: Type.Array(Type.Number({ minimum: 0 }), { description: 'metres above the floor' }),
    sliver: Type.Number({ minimum: 0, description: 'blind strips narrower than this were not counted, metres' }),
    area: Area,
    free: Type.Number({ minimum: 0, description: 'without what obstacles stand on, m²' }),
    levels: Type.Array(CoverageLevel, { maxItems: 16, description: 'by rising density' }),
    cameras: Type.Array(
      Type.Object(
        {
          id: Identifier,
          counts: Type.Boolean({ description: 'it works, as far as the gateway sees, and so what it sees counts' }),
          fault: Type.Optional(FaultCode),
          lostIfItFails: Type.Number({
            minimum: 0,
            description: 'seen at all (0 pixels a metre), but by no other camera that works, m²',
          }),
        },
        closed,
      ),
      { maxItems: 256 },
    ),
  },
  closed,
);
export type CoverageMeasured = Static<typeof CoverageMeasured>;
