// What is measured of a device and its stream: clock, identity, account, packets.
import { type Static, Type } from 'typebox';
import { Instant } from './primitives.ts';

const closed = { additionalProperties: false };

/** A device's clock against the gateway's. Positive: the device is ahead. */
export const ClockMeasured = Type.Object(
  {
    offsetSeconds: Type.Number({ description: 'device minus gateway, seconds' }),
    uncertaintySeconds: Type.Number({ minimum: 0, description: 'half the round trip plus the clock’s resolution, seconds' }),
    utcOffsetMinutes: Type.Optional(Type.Integer({ minimum: -840, maximum: 840, description: 'the device’s own time zone' })),
    driftSecondsPerDay: Type.Optional(
      Type.Number({ description: 'how much it gains in a day, seconds; absent until some hours without a jump are known' }),
    ),
    jump: Type.Optional(
      Type.Object(
        { at: Instant, seconds: Type.Number({ description: 'by how much, seconds; positive: forwards' }) },
        { ...closed, description: 'the last time the clock was seen to have been set; `at` is the first look after it' },
      ),
    ),
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

/** What the account the gateway uses may do on the device, as far as the device tells. */
export const AccountMeasured = Type.Object(
  {
    level: Type.Enum(['administrator', 'operator', 'user', 'other'], { description: 'ONVIF’s user level' }),
    mayDelete: Type.Boolean({ description: 'whether it may delete footage, format disks or change users' }),
  },
  closed,
);
export type AccountMeasured = Static<typeof AccountMeasured>;

/** The time a camera writes into its picture. Absent where none is written, or none can be read for sure. */
export const OverlayClock = Type.Object(
  {
    shown: Type.String({ pattern: '^\\d\\d:\\d\\d:\\d\\d$', description: 'as it stands in the picture' }),
    readAt: Instant,
    offsetSeconds: Type.Number({
      minimum: -43200,
      maximum: 43200,
      description: 'time shown minus the canteen’s local time by the gateway’s clock, seconds; the date is not read',
    }),
    uncertaintySeconds: Type.Number({ minimum: 0, description: 'from how exactly it is known when the camera took the picture, seconds' }),
  },
  closed,
);
export type OverlayClock = Static<typeof OverlayClock>;

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
    overlayClock: Type.Optional(OverlayClock),
  },
  closed,
);
export type StreamMeasured = Static<typeof StreamMeasured>;
