// What the server's interface gives and the pages show.
import { type Static, Type } from 'typebox';
import { CheckName, CoverageFact, Fact } from './facts.ts';
import { FaultCode } from './fault-code.ts';
import { Gap } from './gaps.ts';
import { Layout } from './layout.ts';
import { Day, Identifier, Instant, Outcome, Severity, ZoneKind } from './primitives.ts';
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

/**
 * `proven`: every day required is kept; `on-course`: too young for that, and nothing stands in the way; `will-fall-short`: as young, and its
 * disk will not hold so many days; `fell-short`: old enough or full, and days are missing; `unknown`: cannot be told.
 */
export const RetentionState = Type.Enum(['proven', 'on-course', 'will-fall-short', 'fell-short', 'unknown']);
export type RetentionState = Static<typeof RetentionState>;

/** What one recorder keeps of one camera against the days required, and where that leads. What cannot be told is left out. */
export const RetentionView = Type.Object(
  {
    camera: Identifier,
    recorder: Identifier,
    state: RetentionState,
    requiredDays: Count,
    keptDays: Type.Integer({ minimum: 0, description: 'how many of the days required are whole' }),
    unbrokenDays: Type.Integer({ minimum: 0, description: 'how many whole days there are without a break, back from today' }),
    oldest: Type.Optional(Instant),
    reachesOn: Type.Optional(
      Type.String({ ...Day, description: 'the first day on which every day required will be kept, if it goes on like this' }),
    ),
    holdsDays: Type.Optional(Type.Number({ minimum: 0, description: 'how many days the recorder’s disks hold, of all its cameras' })),
    bitsPerSecond: Type.Optional(
      Type.Number({ minimum: 0, description: 'what all cameras of the recorder write together, as this was reckoned' }),
    ),
    rateFrom: Type.Optional(
      Type.Enum(['streams', 'disk'], { description: 'whether that was measured of the streams, or follows from the disk space in use' }),
    ),
    capacityBytes: Type.Optional(Type.Integer({ minimum: 0, description: 'of all disks of the recorder' })),
    bytesMissing: Type.Optional(Type.Integer({ minimum: 0, description: 'how much more disk the recorder needs for the days required' })),
    retentionDaysMax: Type.Optional(Type.Number({ minimum: 0, description: 'the recorder is set to delete what is older, days' })),
  },
  closed,
);
export type RetentionView = Static<typeof RetentionView>;

/** One canteen, whole. */
export const CanteenView = Type.Object(
  {
    at: Instant,
    summary: CanteenSummary,
    gaps: Type.Array(Gap),
    layout: Type.Union([Layout, Type.Null()], { description: 'zones, who watches and keeps what, and the floor plan; null: not told yet' }),
    devices: Type.Array(DeviceView),
    coverage: Type.Array(CoverageFact, {
      description: 'the newest of each zone of the plan; one past its time is given as unknown',
    }),
    retention: Type.Array(RetentionView, { description: 'one for each camera and recorder that is to keep it' }),
  },
  { ...closed, description: 'One canteen, whole' },
);
export type CanteenView = Static<typeof CanteenView>;

/** `from` inclusive, `to` exclusive. Unknown without a fault: nothing that could be believed was told. */
export const HistorySpan = Type.Object({ from: Instant, to: Instant, outcome: Outcome, fault: Type.Optional(FaultCode) }, closed);
export type HistorySpan = Static<typeof HistorySpan>;

/** What one check of one device told, without a hole from the beginning of the window to its end. */
export const HistoryBand = Type.Object(
  {
    device: Type.String({ ...Identifier, description: 'of a coverage check, the zone' }),
    check: CheckName,
    spans: Type.Array(HistorySpan, { description: 'oldest first' }),
  },
  closed,
);
export type HistoryBand = Static<typeof HistoryBand>;

export const History = Type.Object(
  {
    at: Instant,
    from: Type.String({ ...Instant, description: 'later than asked for where not all could be given' }),
    to: Instant,
    complete: Type.Boolean({ description: 'false: there is more than `limit` allowed, and `from` says what this begins with' }),
    bands: Type.Array(HistoryBand),
  },
  { ...closed, description: 'What each check told over time' },
);
export type History = Static<typeof History>;

/** Server-sent events at /api/events, by their `event:` name. `tick` comes every few seconds so that a page can tell silence from a dead line. */
export const LiveEvents = {
  canteen: CanteenSummary,
  gap: Gap,
  withdrawn: Type.Object({ canteen: Identifier }, { ...closed, description: 'it is supervised no longer' }),
  tick: Type.Object({ at: Instant }, closed),
};
