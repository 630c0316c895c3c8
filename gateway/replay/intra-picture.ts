// Puts the packets of a stream together until one picture stands that can be decoded by itself (RFC 6184 for H.264, RFC 7798 for H.265).
import { DeviceError } from '../onvif/device-error.ts';
import type { RtpPacket } from './rtp-packet.ts';
import type { Codec } from './video-track.ts';

export interface IntraPicture {
  codec: Codec;
  /** Parameter sets and slices, each behind a start code: what a decoder takes from a file. */
  stream: Buffer;
  /** When it was recorded, by the recorder's clock: milliseconds since 1970. Undefined where the recorder does not say. */
  recordedAt: number | undefined;
}

interface AccessUnit {
  timestamp: number;
  nals: Buffer[];
  /** The pieces so far of a NAL unit too long for one packet. */
  fragments: Buffer[] | undefined;
  bytes: number;
  recordedAt: number | undefined;
  /** Packets are missing right before it: the recorder left pictures out, or lost the beginning of this one. */
  afterGap: boolean;
  /** Something of it was lost on the way. */
  damaged: boolean;
}

const pictureBytesMax = 8 * 1024 * 1024;
/** Each piece takes memory beyond its bytes. A picture of that size in packets of usual length has six thousand. */
const piecesMax = 16_384;
const parameterSetsMax = 16;
const startCode = Buffer.from([0, 0, 0, 1]);

/** Feed it packet by packet; it gives the first whole picture. Throws DeviceError `too-large` at a picture without end. */
export function createIntraPicture(codec: Codec, toldSets: readonly Buffer[]): (packet: RtpPacket) => IntraPicture | undefined {
  let unit: AccessUnit | undefined;
  let expected: number | undefined;
  let sets = [...toldSets];
  let dated: Pick<AccessUnit, 'timestamp' | 'recordedAt'> | undefined;

  const finish = (): IntraPicture | undefined => {
    const done = unit;
    unit = undefined;
    if (done === undefined) return undefined;
    dated = done;
    sets = [...sets, ...done.nals.filter((nal) => roleOf(codec, nal) === 'parameters')].slice(-parameterSetsMax);
    const slices = done.nals.filter((nal) => ['keyframe', 'slice'].includes(roleOf(codec, nal)));
    // The recorder's own mark for a clean beginning is not relied on: decoders make up a picture from one that needs others, too.
    const decodable = slices.length > 0 && slices.every((nal) => roleOf(codec, nal) === 'keyframe');
    if (!decodable || done.damaged || done.fragments !== undefined) return undefined;
    if (done.afterGap && !slices.slice(0, 1).every((nal) => isFirstSlice(codec, nal))) return undefined;
    // Without supplemental information: cameras write much into it that strict decoders refuse.
    const stream = Buffer.concat([...sets, ...slices].flatMap((nal) => [startCode, nal]));
    return { codec, stream, recordedAt: done.recordedAt };
  };

  const begin = ({ timestamp, recordedAt }: RtpPacket, afterGap: boolean): AccessUnit => ({
    timestamp,
    nals: [],
    fragments: undefined,
    bytes: 0,
    // Some recorders set the marker on parameter sets too, and date only them.
    recordedAt: recordedAt ?? (dated?.timestamp === timestamp ? dated.recordedAt : undefined),
    afterGap,
    damaged: false,
  });

  return (packet) => {
    const lost = expected !== undefined && packet.sequence !== expected;
    expected = (packet.sequence + 1) & 0xffff;
    // Not every device sets the marker.
    const before = unit !== undefined && unit.timestamp !== packet.timestamp ? finish() : undefined;
    if (before !== undefined) return before;
    if (unit === undefined) unit = begin(packet, lost);
    else unit.damaged ||= lost;
    unit.recordedAt ??= packet.recordedAt;
    unit.bytes += packet.payload.length;
    if (unit.bytes > pictureBytesMax) throw new DeviceError('too-large', `a single picture is larger than ${pictureBytesMax} bytes`);
    take(codec, unit, packet.payload);
    if (unit.nals.length + (unit.fragments?.length ?? 0) > piecesMax)
      throw new DeviceError('too-large', `a single picture comes in more than ${piecesMax} pieces`);
    return packet.marker ? finish() : undefined;
  };
}

function take(codec: Codec, unit: AccessUnit, payload: Buffer): void {
  const { type, headerBytes } = headerOf(codec, payload);
  if (payload.length <= headerBytes) return;
  if (type === aggregationType[codec]) unit.nals.push(...aggregated(payload.subarray(codec === 'h264' ? 1 : 2)));
  else if (type === fragmentType[codec]) takeFragment(codec, unit, payload);
  else unit.nals.push(payload);
}

/** STAP-A and FU-A; aggregation and fragmentation units. Decoding-order numbers are not used by cameras. */
const aggregationType: Record<Codec, number> = { h264: 24, h265: 48 };
const fragmentType: Record<Codec, number> = { h264: 28, h265: 49 };

function aggregated(bytes: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = 0; at + 2 < bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    if (length === 0 || at + 2 + length > bytes.length) break;
    nals.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return nals;
}

function takeFragment(codec: Codec, unit: AccessUnit, payload: Buffer): void {
  const { headerBytes } = headerOf(codec, payload);
  const [first = 0, second = 0] = payload;
  const header = payload[headerBytes] ?? 0;
  if ((header & 0x80) !== 0) {
    const outer = codec === 'h264' ? [(first & 0xe0) | (header & 0x1f)] : [(first & 0x81) | ((header & 0x3f) << 1), second];
    unit.fragments = [Buffer.from(outer)];
  }
  // A beginning that never came.
  if (unit.fragments === undefined) {
    unit.damaged = true;
    return;
  }
  unit.fragments.push(payload.subarray(headerBytes + 1));
  if ((header & 0x40) === 0) return;
  unit.nals.push(Buffer.concat(unit.fragments));
  unit.fragments = undefined;
}

function headerOf(codec: Codec, nal: Buffer): { type: number; headerBytes: number } {
  const first = nal[0] ?? 0;
  return codec === 'h264' ? { type: first & 0x1f, headerBytes: 1 } : { type: (first >> 1) & 0x3f, headerBytes: 2 };
}

/** H.264 table 7-1; H.265 table 7-1, where 16 to 21 are the pictures one may begin with. */
function roleOf(codec: Codec, nal: Buffer): 'parameters' | 'keyframe' | 'slice' | 'other' {
  const { type } = headerOf(codec, nal);
  if (codec === 'h264') {
    if (type === 7 || type === 8) return 'parameters';
    if (type === 5 || (type === 1 && isIntraSlice(nal))) return 'keyframe';
    return type >= 1 && type <= 4 ? 'slice' : 'other';
  }
  if (type >= 32 && type <= 34) return 'parameters';
  return type >= 16 && type <= 21 ? 'keyframe' : type <= 9 ? 'slice' : 'other';
}

/** The first bit of a slice's header in both: first_mb_in_slice is 0, first_slice_segment_in_pic_flag is 1. */
function isFirstSlice(codec: Codec, nal: Buffer): boolean {
  return ((nal[headerOf(codec, nal).headerBytes] ?? 0) & 0x80) !== 0;
}

/** H.264 7.3.3: two Exp-Golomb numbers, first_mb_in_slice and slice_type; 2 and 7 are intra. Some encoders begin with such a picture rather than an IDR. */
function isIntraSlice(nal: Buffer): boolean {
  const bits = [...nal.subarray(1, 12)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const [, zeros = ''] = /^(0*)1/.exec(bits) ?? [];
  const [, more = ''] = /^(0*)1/.exec(bits.slice(2 * zeros.length + 1)) ?? [];
  const sliceType = Number.parseInt(bits.slice(2 * zeros.length + 1 + more.length).slice(0, more.length + 1), 2) - 1;
  return sliceType === 2 || sliceType === 7;
}
