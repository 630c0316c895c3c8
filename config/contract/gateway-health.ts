// How the gateway itself is: its presence (retained, with a last will), its heartbeat, and what its outbox had to drop.
import { type Static, Type } from 'typebox';
import { Identifier, Instant, Outcome } from './primitives.ts';

const closed = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0 });

/** Retained under `status`; the `online: false` form is the connection's last will [MQTT-3.1.2-8]. */
export const Status = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    online: Type.Boolean(),
    session: Type.String({ minLength: 1, maxLength: 64, description: 'one per start of the gateway' }),
    since: Instant,
    version: Type.String({ maxLength: 32 }),
  },
  closed,
);
export type Status = Static<typeof Status>;

/** Every 30 s. Kept out of the outbox: an old heartbeat is worth nothing. */
export const Heartbeat = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    session: Type.String({ minLength: 1, maxLength: 64 }),
    at: Instant,
    uptimeSeconds: Type.Number({ minimum: 0 }),
    memoryBytes: Count,
    outbox: Type.Object(
      {
        ...{ waiting: Count, dropped: Count, oldest: Type.Optional(Instant) },
        full: Type.Optional(
          Type.Boolean({ description: 'the gateway’s disk is full: its oldest events make way for new ones, or none can be kept' }),
        ),
      },
      closed,
    ),
    evidence: Type.Optional(
      Type.Object({ waiting: Count, dropped: Count }, { ...closed, description: 'pictures the server has not got yet, and never will' }),
    ),
    devices: Type.Array(Type.Object({ id: Identifier, reachable: Outcome, seenAt: Type.Optional(Instant) }, closed), { maxItems: 512 }),
  },
  closed,
);
export type Heartbeat = Static<typeof Heartbeat>;

/** Events the outbox had to drop unsent, by sequence, both ends included; takes a sequence of its own. */
export const Loss = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    from: Type.Integer({ minimum: 1 }),
    to: Type.Integer({ minimum: 1 }),
    reason: Type.Enum(['outbox-full', 'disk-full', 'unreadable']),
  },
  closed,
);
export type Loss = Static<typeof Loss>;
