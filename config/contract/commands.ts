// What the server may ask of a gateway, and how the gateway answers.
import { type Static, Type } from 'typebox';
import { Identifier, Instant } from './primitives.ts';

const closed = { additionalProperties: false };

/** Left open for what a newer server may add. Asked at QoS 1; carried out at most once per id, and not at all after `expiresAt`. */
export const Command = Type.Object({
  schemaVersion: Type.Literal(1),
  id: Type.String({ minLength: 1, maxLength: 64 }),
  kind: Type.Enum(['rescan', 'snapshot', 'probe-now', 'list-footage', 'play-footage', 'rotate-credentials']),
  device: Type.Optional(Identifier),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  expiresAt: Instant,
});
export type Command = Static<typeof Command>;

/** Goes up through the outbox. `unsupported`: this gateway does not know how; `refused`: it knows, and `detail` says why not. */
export const Reply = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    command: Type.String({ minLength: 1, maxLength: 64 }),
    status: Type.Enum(['done', 'refused', 'unsupported', 'failed']),
    detail: Type.Optional(Type.String({ maxLength: 300 })),
  },
  closed,
);
export type Reply = Static<typeof Reply>;
