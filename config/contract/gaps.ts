// An acceptance gap: one way in which a canteen does not meet, or cannot be shown to meet, the standard.
import { type Static, Type } from 'typebox';
import { Gate, Identifier, Instant, Severity } from './primitives.ts';
import { Text } from './text.ts';

// Left open: a gateway must go on understanding a server that is newer than itself and says more.

/** Stays one gap, with one id, from the moment it opens until it closes by itself. */
export const Gap = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 300 }),
  canteen: Identifier,
  rule: Identifier,
  gate: Gate,
  zone: Type.Optional(Identifier),
  device: Type.Optional(Identifier),
  deviceName: Type.Optional(Type.String({ maxLength: 80, description: 'what people at the canteen call it' })),
  severity: Severity,
  certainty: Type.Enum(['fault', 'unknown'], { description: 'fault: seen to be wrong; unknown: could not be shown to be right' }),
  status: Type.Enum(['open', 'closed']),
  openedAt: Instant,
  closedAt: Type.Union([Instant, Type.Null()]),
  measured: Text,
  required: Text,
  cause: Text,
  fix: Text,
  clause: Text,
  standard: Type.String({ maxLength: 80, description: 'id and version of the standard it was judged by' }),
  foldedUnder: Type.Union([Type.String(), Type.Null()], { description: 'id of the gap that explains this one, e.g. the silent gateway' }),
});
export type Gap = Static<typeof Gap>;

/** Retained under `gaps`: what is open at this canteen. */
export const OpenGaps = Type.Object({ schemaVersion: Type.Literal(1), at: Instant, gaps: Type.Array(Gap) });
export type OpenGaps = Static<typeof OpenGaps>;

/** Retained under `ack`: everything of `epoch` up to and including `sequence` is stored at the server. */
export const Ack = Type.Object({
  schemaVersion: Type.Literal(1),
  epoch: Type.String({ minLength: 1, maxLength: 64 }),
  sequence: Type.Integer({ minimum: 0 }),
});
export type Ack = Static<typeof Ack>;
