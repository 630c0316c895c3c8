// The schemas that every audience's routes share.
import { Type } from 'typebox';
import { Identifier } from '#contract/primitives.ts';

/** What every refused or failed request gets: a stable code, and a sentence. */
const problem = (description: string) =>
  Type.Object(
    { error: Type.String({ description: 'stable: programs match on it' }), message: Type.String({ description: 'for people' }) },
    { additionalProperties: false, description },
  );

export const Invalid = problem('The request is not one this interface knows; the sentence says what is allowed');
export const NotFound = problem('There is no such thing');
export const Unauthorized = problem('Nobody is signed in, or what was said to sign in is not right');
export const Forbidden = problem('It is not allowed; the sentence says why');
export const Taken = problem('It cannot be so beside what is there already');
export const Gone = problem('The link does not count any longer');
export const Done = Type.Null({ description: 'It is done' });
export const Unavailable = problem('It cannot be told at present; ask again later');

export const TooMany = problem('Too much was asked; the sentence says when to try again');

export const CanteenId = Type.String({ ...Identifier, description: 'a canteen’s id, as /api/canteens lists it' });

export const Limit = (maximum: number, byDefault: number) =>
  Type.Integer({ minimum: 1, maximum, default: byDefault, description: `1 to ${maximum}` });
