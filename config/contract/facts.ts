// What a gateway saw of one device at one moment, one schema a check. Says nothing about whether that complies.
import { type Static, type TProperties, Type } from 'typebox';
import { Day, Identifier, Instant, Outcome } from './primitives.ts';

/**
 * Why an outcome is not `ok`. The first group is about reaching a device at all, the second about what it showed.
 * A code is stable: pages, rules and other people's programs match on it.
 */
export const FaultCode = Type.Enum([
  'no-answer', // nothing came back before the deadline
  'refused', // the address answers, but the port is closed
  'unreachable', // the network has no way to the address, or its name does not resolve
  'too-slow', // bytes came, but not all of them before the deadline
  'too-large', // more bytes than an answer may have
  'truncated', // the connection ended inside the answer
  'malformed', // the answer is not what the protocol allows
  'redirected', // the device sent us to another address, which is never followed
  'http-error', // an HTTP status that is neither success nor a SOAP fault
  'soap-fault', // the device answered with a fault of its own
  'credentials-refused', // user name or password wrong
  'locked', // the account is locked, by too many wrong passwords
  'busy', // the device has no session left for us
  'not-supported', // the device does not offer the service
  'wrong-device', // another device answers at this address
  'certificate', // the device's TLS certificate is not the expected one
  'device-unreachable', // not looked at, because the device itself does not answer
  'no-stream', // no media profile, or the device gives no stream address
  'does-not-decode', // packets come, but no whole picture can be decoded
  'stalled', // the stream opens, but no packets come
  'black', // the picture is black
  'no-recordings', // the recorder answers that it keeps nothing
  'incomplete', // the recorder's answer was cut short or never declared complete
  'internal', // a fault of the gateway itself
]);
export type FaultCode = Static<typeof FaultCode>;

const closed = { additionalProperties: false };

/** A device's clock against the gateway's. Positive: the device is ahead. */
export const ClockMeasured = Type.Object(
  {
    offsetSeconds: Type.Number({ description: 'device minus gateway, seconds' }),
    uncertaintySeconds: Type.Number({ minimum: 0, description: 'half the round trip plus the clock’s resolution, seconds' }),
    utcOffsetMinutes: Type.Optional(Type.Integer({ minimum: -840, maximum: 840, description: 'the device’s own time zone' })),
  },
  closed,
);
export type ClockMeasured = Static<typeof ClockMeasured>;

/** Who the device says it is (ONVIF GetDeviceInformation). */
export const IdentityMeasured = Type.Object(
  {
    manufacturer: Type.String({ maxLength: 128 }),
    model: Type.String({ maxLength: 128 }),
    firmware: Type.String({ maxLength: 128 }),
    serial: Type.String({ maxLength: 128 }),
  },
  closed,
);
export type IdentityMeasured = Static<typeof IdentityMeasured>;

/** What a few seconds of the stream turned out to be; measured from the packets, not from what the device declares. */
export const StreamMeasured = Type.Object(
  {
    codec: Type.String({ maxLength: 32, description: 'ffmpeg’s name: h264, hevc…' }),
    width: Type.Integer({ minimum: 1, description: 'pixels' }),
    height: Type.Integer({ minimum: 1, description: 'pixels' }),
    framesPerSecond: Type.Optional(Type.Number({ minimum: 0, description: 'frames per second, as they arrived' })),
    bitsPerSecond: Type.Optional(Type.Number({ minimum: 0, description: 'video bits per second, as they arrived' })),
    keyframeSeconds: Type.Optional(
      Type.Number({ minimum: 0, description: 'longest distance between two keyframes; absent where fewer than two came' }),
    ),
    sampledSeconds: Type.Number({ minimum: 0, description: 'how much stream was looked at, seconds' }),
    via: Type.Enum(['media2', 'media1', 'configured'], { description: 'which service named the stream' }),
    profile: Type.Optional(Type.String({ maxLength: 128, description: 'token of the media profile' })),
  },
  closed,
);
export type StreamMeasured = Static<typeof StreamMeasured>;

/** One decoded picture. */
export const PictureMeasured = Type.Object(
  {
    blackPercent: Type.Number({ minimum: 0, maximum: 100, description: 'share of pixels darker than luma 32' }),
    meanLuma: Type.Number({ minimum: 0, maximum: 255 }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
  },
  closed,
);
export type PictureMeasured = Static<typeof PictureMeasured>;

/** A stretch of time, `from` inclusive, `to` exclusive. */
export const Span = Type.Object({ from: Instant, to: Instant }, closed);
export type Span = Static<typeof Span>;

/** How much of one day the recorder holds. */
export const FootageDay = Type.Object(
  {
    day: Day,
    recordedSeconds: Type.Number({ minimum: 0 }),
    expectedSeconds: Type.Number({ minimum: 0, description: 'less than a whole day only for the first and last day asked for' }),
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
    gaps: Type.Array(Span, { maxItems: 200, description: 'the longest holes between oldest and newest, in order of time' }),
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
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of the decoded picture, as a small JPEG' })),
  },
  closed,
);
export type PlaybackSample = Static<typeof PlaybackSample>;

/** The instants tried in one look: the oldest listed day of every recording, and some at random. */
export const PlaybackMeasured = Type.Object({ samples: Type.Array(PlaybackSample, { maxItems: 128 }) }, closed);
export type PlaybackMeasured = Static<typeof PlaybackMeasured>;

const fact = <Check extends string, Measured extends TProperties>(check: Check, measured: ReturnType<typeof Type.Object<Measured>>) =>
  Type.Object(
    {
      schemaVersion: Type.Literal(1),
      check: Type.Literal(check),
      device: Identifier,
      outcome: Outcome,
      fault: Type.Optional(FaultCode),
      detail: Type.Optional(Type.String({ maxLength: 300, description: 'technical, in English, for whoever repairs it; never a secret' })),
      observedAt: Instant,
      validUntil: Instant, // after this the fact may no longer be believed
      measured: Type.Optional(measured),
    },
    closed,
  );

/** The device answers on the network. */
export const ReachableFact = fact(
  'reachable',
  Type.Object(
    { address: Type.String({ maxLength: 200, description: 'host:port' }), roundTripMs: Type.Optional(Type.Number({ minimum: 0 })) },
    closed,
  ),
);
/** The device says who it is. */
export const IdentityFact = fact('identity', IdentityMeasured);
/** The device's clock could be read. Whether it is right enough is the server's to say. */
export const ClockFact = fact('clock', ClockMeasured);
/** The stream opens and decodes. */
export const StreamFact = fact('stream', StreamMeasured);
/** The picture shows something. */
export const PictureFact = fact('picture', PictureMeasured);
/** The recorder told, completely, what it holds. Whether that is enough is the server's to say. */
export const FootageFact = fact('footage', FootageMeasured);

/** What the recorder lists can be played back and decoded, instant by instant. */
export const PlaybackFact = fact('playback', PlaybackMeasured);

/** Anything a gateway can have seen. */
export const Fact = Type.Union([ReachableFact, IdentityFact, ClockFact, StreamFact, PictureFact, FootageFact, PlaybackFact]);
export type Fact = Static<typeof Fact>;
export type CheckName = Fact['check'];
export type FactOf<Name extends CheckName> = Extract<Fact, { check: Name }>;
