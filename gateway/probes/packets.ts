// Measures a stream by the packets that came, not by what its encoder claims; pure.
import { DeviceError } from '../onvif/device-error.ts';

export interface PacketReport {
  codec: string;
  width: number;
  height: number;
  framesPerSecond?: number;
  bitsPerSecond?: number;
  keyframeSeconds?: number;
  sampledSeconds: number;
  hasKeyframe: boolean;
}

interface Packet {
  at: number;
  bytes: number;
  keyframe: boolean;
}

/** What to ask ffprobe for. */
export const packetEntries = 'packet=pts_time,dts_time,size,flags:stream=codec_name,width,height';

/** Reads ffprobe's answer. Throws DeviceError: `stalled` where no packet came, `does-not-decode` where there is no size to be found in them. */
export function measurePackets(probed: unknown): PacketReport {
  const [stream] = list(probed, 'streams');
  const all = list(probed, 'packets').flatMap(packetOf);
  if (all.length === 0) throw new DeviceError('stalled', 'the stream opens, but no packets come');
  const [codec, width, height] = [text(stream, 'codec_name'), whole(stream, 'width'), whole(stream, 'height')];
  if (codec === undefined || width === undefined || height === undefined)
    throw new DeviceError('does-not-decode', `${all.length} packets came, and their picture size cannot be told`);
  // The first packet of a live stream comes before its time is known, and carries a made-up one.
  const packets = all.length > 2 ? all.slice(1) : all;
  const times = packets.map((packet) => packet.at);
  const span = Math.max(...times) - Math.min(...times);
  const rates = span <= 0 ? {} : ratesOf(packets, span);
  const keyframeSeconds = longestDistance(all.filter((packet) => packet.keyframe).map((packet) => packet.at));
  return {
    codec: codec.slice(0, 32),
    width,
    height,
    ...rates,
    ...(keyframeSeconds === undefined ? {} : { keyframeSeconds: rounded(keyframeSeconds) }),
    sampledSeconds: rounded(span),
    hasKeyframe: all.some((packet) => packet.keyframe),
  };
}

/** The last packet begins where the span ends: it counts for neither rate. */
function ratesOf(packets: readonly Packet[], span: number): { framesPerSecond: number; bitsPerSecond: number } {
  const bytes = packets.slice(0, -1).reduce((sum, packet) => sum + packet.bytes, 0);
  return { framesPerSecond: rounded((packets.length - 1) / span), bitsPerSecond: Math.round((bytes * 8) / span) };
}

function longestDistance(times: readonly number[]): number | undefined {
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? at));
  return distances.length === 0 ? undefined : Math.max(...distances);
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

function whole(from: unknown, key: string): number | undefined {
  const value = field(from, key);
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

function field(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? Object.getOwnPropertyDescriptor(from, key)?.value : undefined;
}

function rounded(value: number): number {
  return Math.max(0, Math.round(value * 1000) / 1000);
}
