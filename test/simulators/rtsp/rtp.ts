// RTP packets of a clip's access units (RFC 6184 for H.264, RFC 7798 for H.265), cut once and shared by all who play them.
import type { AccessUnit, Clip } from '../media.ts';
import { writeNtpTime } from './ntp-time.ts';

/** The packets of one access unit, each behind its interleaving header; numbers are filled in for each session. */
export interface PacketTemplate {
  bytes: Buffer;
  /** Where each packet's interleaving header (`$`, channel, length) begins. */
  starts: readonly number[];
  keyframe: boolean;
  /** RTP payload without headers, for the sender report. */
  octets: number;
}

/** What the ONVIF replay extension says of an access unit (ONVIF Streaming, "RTP header extension"). */
export interface ReplayMarks {
  /** When it was recorded: milliseconds since 1970. */
  recordedAt: number;
  /** E: the last before a hole in the footage, or of all footage. */
  endOfSpan: boolean;
  /** D: does not follow the unit sent before it. */
  discontinuity: boolean;
  /** T: nothing more is recorded of this track. */
  terminal: boolean;
  /** Of the PLAY request that asked for it. */
  cseq: number;
}

export interface PacketNumbers {
  channel: number;
  /** Of the first packet; the others follow. */
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Needed exactly when the template was made for replay. */
  marks?: ReplayMarks | undefined;
}

export const payloadType = 96;
export const interleavingBytes = 4;

const rtpHeaderBytes = 12;
const extensionBytes = 16;
// Leaves room for the headers of RTP, UDP and IP in an Ethernet frame, also with the replay extension.
const payloadBytesMax = 1372;

const caches = { live: new WeakMap<AccessUnit, PacketTemplate>(), replay: new WeakMap<AccessUnit, PacketTemplate>() };

/** The packets of an access unit; those for replay have the ONVIF extension in the first of them. */
export function packetTemplate(codec: Clip['codec'], unit: AccessUnit, use: keyof typeof caches): PacketTemplate {
  const known = caches[use].get(unit);
  if (known !== undefined) return known;
  const made = makeTemplate(codec, unit, use === 'replay' ? extensionBytes : 0);
  caches[use].set(unit, made);
  return made;
}

/** A copy of the packets with their numbers in place. */
export function numberPackets(template: PacketTemplate, { channel, sequence, timestamp, ssrc, marks }: PacketNumbers): Buffer {
  const bytes = Buffer.from(template.bytes);
  template.starts.forEach((start, index) => {
    bytes[start + 1] = channel;
    bytes.writeUInt16BE((sequence + index) & 0xffff, start + 6);
    bytes.writeUInt32BE(timestamp, start + 8);
    bytes.writeUInt32BE(ssrc, start + 12);
  });
  if (marks !== undefined) writeExtension(bytes, template.keyframe, marks);
  return bytes;
}

function writeExtension(bytes: Buffer, clean: boolean, marks: ReplayMarks): void {
  const start = interleavingBytes + rtpHeaderBytes;
  bytes.writeUInt16BE(0xabac, start);
  bytes.writeUInt16BE(extensionBytes / 4 - 1, start + 2);
  writeNtpTime(bytes, start + 4, marks.recordedAt);
  bytes[start + 12] = (clean ? 0x80 : 0) | (marks.endOfSpan ? 0x40 : 0) | (marks.discontinuity ? 0x20 : 0) | (marks.terminal ? 0x10 : 0);
  bytes[start + 13] = marks.cseq & 0xff;
}

function makeTemplate(codec: Clip['codec'], unit: AccessUnit, extension: number): PacketTemplate {
  const payloads = unit.nals.flatMap((nal) => (nal.length <= payloadBytesMax ? [nal] : fragments(codec, nal)));
  const packets = payloads.map((payload, index) =>
    packet(payload, { extension: index === 0 ? extension : 0, last: index === payloads.length - 1 }),
  );
  let length = 0;
  const starts = packets.map((bytes) => {
    length += bytes.length;
    return length - bytes.length;
  });
  const octets = payloads.reduce((sum, payload) => sum + payload.length, 0);
  return { bytes: Buffer.concat(packets), starts, keyframe: unit.keyframe, octets };
}

/** The marker bit stands on the last packet of an access unit. */
function packet(payload: Buffer, { extension, last }: { extension: number; last: boolean }): Buffer {
  const header = Buffer.alloc(interleavingBytes + rtpHeaderBytes + extension);
  header[0] = '$'.charCodeAt(0);
  header.writeUInt16BE(rtpHeaderBytes + extension + payload.length, 2);
  header[4] = 0x80 | (extension > 0 ? 0x10 : 0);
  header[5] = payloadType | (last ? 0x80 : 0);
  return Buffer.concat([header, payload]);
}

/** Fragmentation units: FU-A, type 28 (RFC 6184 5.8), and FU, type 49 (RFC 7798 4.4.3). */
function fragments(codec: Clip['codec'], nal: Buffer): Buffer[] {
  const first = nal[0] ?? 0;
  const nalHeaderBytes = codec === 'h264' ? 1 : 2;
  const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
  const outer = codec === 'h264' ? [(first & 0xe0) | 28] : [(first & 0x81) | (49 << 1), nal[1] ?? 0];
  const room = payloadBytesMax - outer.length - 1;
  const made: Buffer[] = [];
  for (let at = nalHeaderBytes; at < nal.length; at += room) {
    const begins = at === nalHeaderBytes ? 0x80 : 0;
    const ends = at + room >= nal.length ? 0x40 : 0;
    made.push(Buffer.concat([Buffer.from([...outer, begins | ends | type]), nal.subarray(at, at + room)]));
  }
  return made;
}
