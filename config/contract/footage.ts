// What a recorder holds, day by day, and what of it was played back.
import { type Static, Type } from 'typebox';
import { FaultCode } from './fault-code.ts';
import { Day, Identifier, Instant, Outcome, Sha256 } from './primitives.ts';

const closed = { additionalProperties: false };

/** A stretch of time, `from` inclusive, `to` exclusive. */
export const Span = Type.Object({ from: Instant, to: Instant }, closed);
export type Span = Static<typeof Span>;

/**
 * Why footage is missing, as far as the gateway's own journal knows: from stored files alone, a camera that was offline and footage that was
 * removed look the same, so the cause is written down when it happens. `schedule`: the recorder was not to record then; `overwritten`: the
 * footage was there and is gone, for want of room as a rule; `expired`: it was removed on purpose, for its age.
 */
export const HoleCause = Type.Enum([
  'camera-offline',
  'recorder-offline',
  'recorder-restart',
  'disk',
  'clock-jump',
  'schedule',
  'overwritten',
  'expired',
  'unknown',
]);
export type HoleCause = Static<typeof HoleCause>;

/** A stretch without footage. */
export const Hole = Type.Object({ from: Instant, to: Instant, cause: Type.Optional(HoleCause) }, closed);
export type Hole = Static<typeof Hole>;

/** `kept`: whole, but for joins between files; `partly`; `missing`: nothing of it; `unknown`: the answer did not cover it. */
export const DayState = Type.Enum(['kept', 'partly', 'missing', 'unknown']);
export type DayState = Static<typeof DayState>;

/** How much of one day the recorder holds. */
export const FootageDay = Type.Object(
  {
    day: Day,
    recordedSeconds: Type.Number({ minimum: 0 }),
    expectedSeconds: Type.Number({ minimum: 0, description: 'less than a whole day only for the first and last day asked for' }),
    state: Type.Optional(DayState),
    method: Type.Optional(Type.String({ maxLength: 64, description: 'which source of gateway/recorders told this day' })),
    played: Type.Optional(Type.Boolean({ description: 'something of this day was played back and decoded' })),
  },
  closed,
);
export type FootageDay = Static<typeof FootageDay>;

/** What the recorder holds of one camera. */
export const RecordingMeasured = Type.Object(
  {
    camera: Type.Optional(Identifier),
    recording: Type.String({ maxLength: 128, description: 'the recorder’s own token' }),
    oldest: Type.Optional(Instant),
    newest: Type.Optional(Instant),
    days: Type.Array(FootageDay, { maxItems: 400, description: 'oldest first' }),
    gaps: Type.Array(Hole, {
      maxItems: 200,
      description:
        'in order of time: the longest holes between oldest and newest; first, where older footage is known to be gone, what was before oldest',
    }),
    gapCount: Type.Integer({ minimum: 0, description: 'how many holes there are, listed or not' }),
  },
  closed,
);
export type RecordingMeasured = Static<typeof RecordingMeasured>;

/** How the recorder was asked, and what it holds. `complete` false: nothing here proves that footage is missing, nor that it is kept. */
export const FootageMeasured = Type.Object(
  {
    method: Type.String({ maxLength: 64, description: 'which source of gateway/recorders answered, e.g. profile-g-events' }),
    complete: Type.Boolean(),
    from: Instant,
    to: Instant,
    recordings: Type.Array(RecordingMeasured, { maxItems: 64 }),
  },
  closed,
);
export type FootageMeasured = Static<typeof FootageMeasured>;

/** What the recorder says of its disks. */
export const StorageMeasured = Type.Object(
  {
    method: Type.String({ maxLength: 64, description: 'which source of gateway/recorders answered' }),
    capacityBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    freeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    overwrites: Type.Optional(Type.Boolean({ description: 'when full, the oldest footage makes room' })),
    retentionDaysMax: Type.Optional(
      Type.Number({ minimum: 0, description: 'the recorder is set to keep no longer than this, days; configured, not proven' }),
    ),
    disks: Type.Array(
      Type.Object(
        {
          name: Type.String({ maxLength: 64 }),
          state: Type.Enum(['ok', 'fault', 'too-small', 'unknown'], {
            description: 'too-small: sound, but without room for the days that the gateway’s own recording is to keep',
          }),
          said: Type.Optional(Type.String({ maxLength: 64, description: 'the recorder’s own word for its state' })),
        },
        closed,
      ),
      { maxItems: 64 },
    ),
  },
  closed,
);
export type StorageMeasured = Static<typeof StorageMeasured>;

/** Who said of when a played picture is: `recorder`, with the picture itself, or `picture`, by the clock in it, whose day is taken to be the one asked for. */
export const DatedBy = Type.Enum(['recorder', 'picture']);
export type DatedBy = Static<typeof DatedBy>;

/** One instant the recorder lists, and what it played when asked for it. Whether that is near enough to what was asked is the server’s to say. */
export const PlaybackSample = Type.Object(
  {
    camera: Type.Optional(Identifier),
    recording: Type.String({ maxLength: 128, description: 'the recorder’s own token' }),
    asked: Instant,
    outcome: Outcome,
    fault: Type.Optional(FaultCode),
    played: Type.Optional(Instant),
    deviationSeconds: Type.Optional(Type.Number({ description: 'played minus asked, seconds' })),
    datedBy: Type.Optional(DatedBy),
    sha256: Type.Optional(Type.String({ ...Sha256, description: 'of the decoded picture, as a small JPEG kept as evidence' })),
  },
  closed,
);
export type PlaybackSample = Static<typeof PlaybackSample>;

/** The instants tried in one look: the oldest listed day of every recording, and some at random. */
export const PlaybackMeasured = Type.Object({ samples: Type.Array(PlaybackSample, { maxItems: 128 }) }, closed);
export type PlaybackMeasured = Static<typeof PlaybackMeasured>;
