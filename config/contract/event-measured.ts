// What devices tell by themselves: somebody tampers with a camera, a contact wired to it opens or closes.
import { type Static, Type } from 'typebox';
import { Instant } from './primitives.ts';

const closed = { additionalProperties: false };

/** What a camera says has been done to it. */
export const TamperKind = Type.Enum(['covered', 'scene-changed', 'blurred', 'signal-lost', 'dark', 'bright']);
export type TamperKind = Static<typeof TamperKind>;

/** Lights out in a closed kitchen look like this too: told, looked after at once, and no fault by itself. */
export const kindsOfLight: ReadonlySet<TamperKind> = new Set(['dark', 'bright']);

const since = { ...Instant, description: 'when the gateway heard that it is so' };

/** Each source of the camera that tells of tampering, as it last told. */
export const TamperMeasured = Type.Object(
  {
    sources: Type.Array(
      Type.Object(
        {
          kind: TamperKind,
          topic: Type.String({ maxLength: 200, description: 'the event’s topic, without prefixes' }),
          source: Type.String({ maxLength: 128, description: 'the device’s token of what tells it' }),
          active: Type.Boolean(),
          at: since,
        },
        closed,
      ),
      { maxItems: 64 },
    ),
  },
  closed,
);
export type TamperMeasured = Static<typeof TamperMeasured>;

/** Each digital input of the device, as it last told. */
export const InputsMeasured = Type.Object(
  {
    inputs: Type.Array(
      Type.Object(
        {
          token: Type.String({ maxLength: 128, description: 'the device’s own name of the input' }),
          active: Type.Boolean(),
          at: since,
        },
        closed,
      ),
      { maxItems: 64 },
    ),
  },
  closed,
);
export type InputsMeasured = Static<typeof InputsMeasured>;
