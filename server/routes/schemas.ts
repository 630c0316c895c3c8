// The schemas that every audience's routes share.
import { Type } from 'typebox';

/** What every refused or failed request gets: a stable code, and a sentence. */
export const Problem = Type.Object({ error: Type.String(), message: Type.String() }, { additionalProperties: false });

export const Limit = (maximum: number, byDefault: number) =>
  Type.Integer({ minimum: 1, maximum, default: byDefault, description: `1 to ${maximum}` });
