// A sentence a person reads, in the two languages the pages speak.
import { type Static, Type } from 'typebox';

/** One sentence in Chinese (what the law is written in) and in English. */
export const Text = Type.Object(
  { zh: Type.String({ minLength: 1, maxLength: 500 }), en: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false },
);
export type Text = Static<typeof Text>;
