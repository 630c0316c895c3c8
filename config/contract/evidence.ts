// Pictures kept as evidence: how large one may be, and how the server says that it has them.
import { type Static, Type } from 'typebox';
import { Sha256 } from './primitives.ts';

/** Of one JPEG. What is larger is refused, and so not kept at all. */
export const pictureBytesMax = 512 * 1024;

/** Under `stored`, not retained: these pictures are on the server's disk, and the gateway may forget them. Only after this. */
// Left open, as all that comes down: a gateway must go on understanding a server that is newer than itself.
export const StoredPictures = Type.Object({
  schemaVersion: Type.Literal(1),
  pictures: Type.Array(Sha256, { minItems: 1, maxItems: 100 }),
});
export type StoredPictures = Static<typeof StoredPictures>;
