// What is kept as numbers over time, and how a stretch of it is shown.
import { type Static, Type } from 'typebox';
import { Identifier, Instant } from './primitives.ts';

const closed = { additionalProperties: false };

/** Every metric, with its unit. Of a zone `coverage-ratio`, of the gateway itself (device `gateway`) those from `memory-bytes` on. */
export const metrics = {
  'round-trip-ms': 'how long the device took to answer, milliseconds',
  'clock-offset-seconds': 'the device’s clock minus the gateway’s, seconds',
  'frames-per-second': 'frames per second, as they arrived',
  'bits-per-second': 'video bits per second, as they arrived',
  'keyframe-seconds': 'longest distance between two keyframes, seconds',
  'black-percent': 'share of dark pixels, 0 to 100',
  'mean-luma': 'brightness of the picture, 0 to 255',
  'days-recorded': 'days of which the recorder holds anything of this camera',
  'playback-deviation-seconds': 'played minus asked, the largest of one look, seconds',
  'disk-free-percent': 'free share of the recorder’s disks, 0 to 100',
  'coverage-ratio': 'share of the zone’s free area that is seen at all, 0 to 1',
  'memory-bytes': 'memory the gateway’s process takes, bytes',
  'outbox-waiting': 'events the gateway has not yet had acknowledged',
  'outbox-dropped': 'events the gateway had to drop since it started',
} as const;
export type Metric = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as Metric[];

export const Metric = Type.Enum(metricNames, {
  description: Object.entries(metrics)
    .map(([name, meaning]) => `${name}: ${meaning}`)
    .join('; '),
});

/** `raw`: each point as it was measured. `hour`: one for each full hour, UTC. */
export const Resolution = Type.Enum(['raw', 'hour']);
export type Resolution = Static<typeof Resolution>;

/** One point, or one hour of points (`at` is its beginning). */
export const Sample = Type.Object(
  { at: Instant, mean: Type.Number(), min: Type.Number(), max: Type.Number(), count: Type.Integer({ minimum: 1 }) },
  closed,
);

/** One metric of one device over time. */
export const Series = Type.Object(
  {
    canteen: Identifier,
    device: Identifier,
    metric: Metric,
    unit: Type.String({ description: 'what the numbers mean, and in which unit' }),
    resolution: Resolution,
    from: Instant,
    to: Instant,
    truncated: Type.Boolean({ description: 'there are more samples than are given; ask for less time, or for hours' }),
    samples: Type.Array(Sample, { description: 'oldest first; a stretch without any was not measured' }),
  },
  { ...closed, description: 'One metric of one device over time' },
);
export type Series = Static<typeof Series>;
