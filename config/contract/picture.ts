// What is measured of a camera's picture, and what its aspects came to.
import { type Static, type TProperties, Type } from 'typebox';
import { Instant, Sha256 } from './primitives.ts';

const closed = { additionalProperties: false };

/** What can be wrong with a picture, the gravest first; each is a fault code as well. */
export const pictureAspects = ['black', 'covered', 'frozen', 'moved', 'blurred', 'colour-cast'] as const;
export type PictureAspect = (typeof pictureAspects)[number];

/** With such a fault alone a kitchen is still watched: things can be told apart without true colours. */
export const stillWatches: ReadonlySet<string> = new Set<PictureAspect>(['colour-cast']);

/**
 * `suspect`: it looks wrong, but not yet in enough samples in a row. `fault`: in three, until one is seen to be right.
 * `unknown`: not judged, or it looked wrong before it was ever seen right.
 */
export const AspectOutcome = Type.Enum(['ok', 'suspect', 'fault', 'unknown']);
export type AspectOutcome = Static<typeof AspectOutcome>;

const aspect = <Numbers extends TProperties>(numbers: Numbers) =>
  Type.Object(
    {
      outcome: AspectOutcome,
      samples: Type.Integer({ minimum: 0, description: 'how many samples in a row looked wrong' }),
      before: Type.Optional(Type.String({ ...Sha256, description: 'of the picture before the outcome last changed, as a small JPEG' })),
      after: Type.Optional(Type.String({ ...Sha256, description: 'of the picture by which it changed' })),
      ...numbers,
    },
    closed,
  );

const Pixels = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 640, description }));
const Share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 100, description }));

export const PictureAspects = Type.Object(
  {
    black: aspect({}),
    covered: aspect({
      lumaSpread: Type.Number({ minimum: 0, maximum: 255, description: 'from the darkest tenth of the picture to its brightest' }),
      lostPercent: Share('how much of what the reference shows is hidden'),
    }),
    frozen: aspect({
      changedPixels: Type.Optional(Type.Integer({ minimum: 0, description: 'pixels of 640×360 that differ from the sample before' })),
      clock: Type.Enum(['runs', 'stands', 'none'], { description: 'the clock written into the picture; `none`: none was found yet' }),
      repeated: Type.Boolean({ description: 'the camera sent the very same coded picture again' }),
    }),
    moved: aspect({
      likenessPercent: Share('how much of the reference’s edges are where they were, in the best of three samples at each place'),
      reference: Type.Enum(['day', 'infrared', 'none'], { description: 'what it was compared with; `none`: no such reference was set' }),
      referenceSetAt: Type.Optional(Instant),
    }),
    blurred: aspect({
      edgePixels: Pixels('how many pixels of 640×360 an edge is wide'),
      usualPixels: Pixels('the same by day, for this camera'),
    }),
    'colour-cast': aspect({
      cast: Type.Optional(Type.Number({ minimum: 0, maximum: 256, description: 'distance from the right colour' })),
    }),
  },
  closed,
);
export type PictureAspects = Static<typeof PictureAspects>;

/** One decoded picture. */
export const PictureMeasured = Type.Object(
  {
    blackPercent: Type.Number({ minimum: 0, maximum: 100, description: 'share of pixels darker than luma 32' }),
    meanLuma: Type.Number({ minimum: 0, maximum: 255 }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    jpeg: Type.Optional(Type.String({ ...Sha256, description: 'of the newest picture kept as evidence, as a small JPEG' })),
    jpegAt: Type.Optional(Type.String({ ...Instant, description: 'when that picture was taken: often before this look' })),
    infrared: Type.Optional(Type.Boolean({ description: 'it is without colour: taken by infrared, or in black and white' })),
    open: Type.Optional(Type.Boolean({ description: 'taken within the canteen’s opening hours; outside them darkness is not judged' })),
    aspects: Type.Optional(PictureAspects), // absent where a picture was only looked at once, by hand
  },
  closed,
);
export type PictureMeasured = Static<typeof PictureMeasured>;
