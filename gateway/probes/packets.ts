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

/** What to ask ffprobe for. */
export const packetEntries = 'packet=pts_time,dts_time,size,flags:stream=codec_name';

/**
 * Recorders and relays begin with what they have in store, all at once: what comes in the first second says nothing of the rate.
 * So much more has to be taken than is to be measured.
 */
export const settlingSeconds = 1;

/**
 * Reads ffprobe's answer. `askedSeconds`: how much was to be taken; `watchedSeconds`: how long the stream was watched for it.
 * Throws DeviceError: `stalled` where no packet came, or after some no more, `truncated` where the stream ended before the time was up.
 */
export function measurePackets(probed: unknown, asked: { askedSeconds: number; watchedSeconds: number }): PacketReport {
  const [stream] = list(probed, 'streams');
  const all = list(probed, 'packets').flatMap(packetOf);
  const first = all[0]?.at;
  if (first === undefined) throw new DeviceError('stalled', 'the stream opens, but no packets come');
  const codec = text(stream, 'codec_name');
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

/** How many packets ffprobe saw. */
export function countPackets(probed: unknown): number {
  return list(probed, 'packets').length;
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

function packetOf(packet: unknown): Packet[] {
  const at = Number(text(packet, 'pts_time') ?? text(packet, 'dts_time'));
  const bytes = Number(text(packet, 'size'));
  if (!Number.isFinite(at) || !Number.isFinite(bytes)) return [];
  return [{ at, bytes, keyframe: text(packet, 'flags')?.startsWith('K') === true }];
}

function list(from: unknown, key: string): unknown[] {
  const value = field(from, key);
  return Array.isArray(value) ? value : [];
}

function text(from: unknown, key: string): string | undefined {
  const value = field(from, key);
  return typeof value === 'string' ? value : undefined;
}

function field(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? Object.getOwnPropertyDescriptor(from, key)?.value : undefined;
}

function rounded(value: number): number {
  return Math.max(0, Math.round(value * 1000) / 1000);
}
