// What is measured of a camera's picture.
import { type Static, Type } from 'typebox';
import { Sha256 } from './primitives.ts';

const closed = { additionalProperties: false };

/** One decoded picture. */
export const PictureMeasured = Type.Object(
  {
    blackPercent: Type.Number({ minimum: 0, maximum: 100, description: 'share of pixels darker than luma 32' }),
    meanLuma: Type.Number({ minimum: 0, maximum: 255 }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    jpeg: Type.Optional(Type.String({ ...Sha256, description: 'of this picture as a small JPEG, kept as evidence' })),
  },
  closed,
);
export type PictureMeasured = Static<typeof PictureMeasured>;
