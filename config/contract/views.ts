// What the server's interface gives and the pages show.
import { type Static, Type } from 'typebox';
import { Fact } from './facts.ts';
import { Gap } from './gaps.ts';
import { Identifier, Instant, Outcome, Severity, ZoneKind } from './primitives.ts';
import { Text } from './text.ts';

const closed = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0 });

/** One required or present zone of a canteen. `reason` says why it is not `ok`. */
export const ZoneView = Type.Object(
  { kind: ZoneKind, outcome: Outcome, cameras: Count, healthyCameras: Count, reason: Type.Optional(Text) },
  closed,
);
export type ZoneView = Static<typeof ZoneView>;

/**
 * One line of the board. `verdict` is `ok` only while every rule of the standard is shown to be met by facts that may still be believed;
 * `fault` while a gap is open that was seen; `unknown` whenever something cannot be told, a silent gateway above all.
 */
export const CanteenSummary = Type.Object(
  {
    id: Identifier,
    name: Type.String(),
    district: Type.String(),
    verdict: Outcome,
    zones: Type.Array(ZoneView),
    cameras: Type.Object({ total: Count, healthy: Count }, closed),
    openGaps: Count,
    worstSeverity: Type.Union([Severity, Type.Null()]),
    heardAt: Type.Union([Instant, Type.Null()], { description: 'when the gateway was last heard, by the server’s clock' }),
    staleAt: Type.Union([Instant, Type.Null()], {
      description: 'from when on the verdict may no longer be shown unless something newer has come; null: already stale',
    }),
  },
  closed,
);
export type CanteenSummary = Static<typeof CanteenSummary>;

/** All canteens, worst first. */
export const Board = Type.Object(
  { at: Instant, standard: Type.String(), standardTitle: Text, canteens: Type.Array(CanteenSummary) },
  { ...closed, description: 'All canteens, worst first' },
);
export type Board = Static<typeof Board>;

export const DeviceView = Type.Object(
  {
    id: Identifier,
    name: Type.String(),
    kind: Type.Enum(['camera', 'recorder']),
    zones: Type.Array(Identifier),
    outcome: Outcome,
    facts: Type.Array(Fact, { description: 'the newest of each check; one past its time is given as unknown' }),
  },
  closed,
);
export type DeviceView = Static<typeof DeviceView>;

/** One canteen, whole. */
export const CanteenView = Type.Object(
  { at: Instant, summary: CanteenSummary, gaps: Type.Array(Gap), devices: Type.Array(DeviceView) },
  { ...closed, description: 'One canteen, whole' },
);
export type CanteenView = Static<typeof CanteenView>;

/** Server-sent events at /api/events, by their `event:` name. `tick` comes every few seconds so that a page can tell silence from a dead line. */
export const LiveEvents = { canteen: CanteenSummary, gap: Gap, tick: Type.Object({ at: Instant }, closed) };
