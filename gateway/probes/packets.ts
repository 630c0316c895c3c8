// Measures a stream by the packets that came and when they came, not by what its encoder claims; pure.
import { DeviceError } from '../onvif/device-error.ts';

export interface PacketReport {
  codec: string;
  framesPerSecond?: number;
  bitsPerSecond?: number;
  keyframeSeconds?: number;
  sampledSeconds: number;
  hasKeyframe: boolean;
}

interface Packet {
  /** When it came, seconds. */
  at: number;
  bytes: number;
  keyframe: boolean;
}

/**
 * Recorders and relays begin with what they have in store, all at once: what comes in the first second says nothing of the rate.
 * So much more has to be taken than is to be measured.
 */
export const settlingSeconds = 1;

/**
 * Reads what ffmpeg’s framecrc printed. `askedSeconds`: how much was to be taken; `watchedSeconds`: how long the stream was watched for it.
 * Throws DeviceError: `stalled` where no packet came, or after some no more, `truncated` where the stream ended before the time was up.
 */
export function measurePackets(framecrc: string, asked: { askedSeconds: number; watchedSeconds: number }): PacketReport {
  const { codec, packets: all } = readPackets(framecrc);
  const first = all[0]?.at;
  if (first === undefined) throw new DeviceError('stalled', 'the stream opens, but no packets come');
  if (codec === undefined) throw new DeviceError('does-not-decode', `${all.length} packets came, and what they are cannot be told`);
  refuseShort(all, asked);
  const settled = all.filter(({ at }) => at >= first + settlingSeconds);
  const packets = settled.length > 1 ? settled : all;
  const span = spanOf(packets);
  const rates = span <= 0 ? {} : ratesOf(packets, span);
  const keyframeSeconds = longestDistance(all.filter((packet) => packet.keyframe).map((packet) => packet.at));
  return {
    codec: codec.slice(0, 32),
    ...rates,
    ...(keyframeSeconds === undefined ? {} : { keyframeSeconds: rounded(keyframeSeconds) }),
    sampledSeconds: rounded(span),
    hasKeyframe: all.some((packet) => packet.keyframe),
  };
}

/** How many packets ffprobe saw in a file of our own. */
export function countPackets(probed: unknown): number {
  const packets = typeof probed === 'object' && probed !== null ? Object.getOwnPropertyDescriptor(probed, 'packets')?.value : undefined;
  return Array.isArray(packets) ? packets.length : 0;
}

/** A sample may end a little before its time, and a stream of one picture a second ends a whole second before. */
const shortBelow = 0.8;
/** Silence at the end from which the camera went quiet rather than away, seconds. */
const quietSeconds = 2.5;

function refuseShort(packets: readonly Packet[], { askedSeconds, watchedSeconds }: { askedSeconds: number; watchedSeconds: number }): void {
  const span = spanOf(packets);
  const covered = packets.length < 2 ? 0 : span + span / (packets.length - 1);
  if (covered >= askedSeconds * shortBelow) return;
  const came = `${packets.length} packets came within ${span.toFixed(1)} of ${askedSeconds} seconds`;
  if (watchedSeconds - span >= quietSeconds) throw new DeviceError('stalled', `${came}, and then no more`);
  throw new DeviceError('truncated', `${came}, and then the stream ended`);
}

function spanOf(packets: readonly Packet[]): number {
  const [first] = packets;
  if (first === undefined) return 0;
  // Not by Math.max of all: a function takes only so many arguments.
  const ends = packets.reduce(({ from, to }, { at }) => ({ from: Math.min(from, at), to: Math.max(to, at) }), {
    from: first.at,
    to: first.at,
  });
  return ends.to - ends.from;
}

/** The last packet begins where the span ends: it counts for neither rate. */
function ratesOf(packets: readonly Packet[], span: number): { framesPerSecond: number; bitsPerSecond: number } {
  const bytes = packets.slice(0, -1).reduce((sum, packet) => sum + packet.bytes, 0);
  return { framesPerSecond: rounded((packets.length - 1) / span), bitsPerSecond: Math.round((bytes * 8) / span) };
}

function longestDistance(times: readonly number[]): number | undefined {
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return distances.length === 0 ? undefined : distances.reduce((longest, each) => Math.max(longest, each));
}

/** `#tb 0: 1/90000` and `#codec_id 0: h264`, then a line each: `stream, dts, pts, duration, size, checksum`, and `F=0x0` of those that are no keyframe. */
function readPackets(framecrc: string): { codec: string | undefined; packets: Packet[] } {
  const lines = framecrc.split('\n');
  const head = (name: string) => lines.find((line) => line.startsWith(`#${name} 0: `))?.slice(name.length + 5);
  const [ticks = Number.NaN, ticksPerSecond = Number.NaN] = head('tb')?.split('/').map(Number) ?? [];
  const packets = lines.flatMap((line): Packet[] => {
    if (!/^\d/.test(line)) return [];
    const fields = line.split(',');
    const [decoded, shown, , bytes = Number.NaN] = fields.slice(1, 5).map((field) => Number(field.trim() || Number.NaN));
    const at = ((Number.isNaN(shown) ? decoded : shown) ?? Number.NaN) * (ticks / ticksPerSecond);
    return Number.isFinite(at) && Number.isFinite(bytes) ? [{ at, bytes, keyframe: isKeyframe(fields.slice(6)) }] : [];
  });
  const codec = head('codec_id');
  return { codec: codec === 'none' || codec === 'unknown_codec' ? undefined : codec || undefined, packets };
}

/** Only other flags than the one of a keyframe are printed. */
function isKeyframe(about: readonly string[]): boolean {
  const flags = about.find((field) => field.startsWith(' F=0x'));
  return flags === undefined || (Number.parseInt(flags.slice(5), 16) & 1) === 1;
}

function rounded(value: number): number {
  return Math.max(0, Math.round(value * 1000) / 1000);
}
