// One RTP packet (RFC 3550), with what ONVIF's replay extension says of it (ONVIF Streaming, "RTP header extension").

export interface RtpPacket {
  payloadType: number;
  /** Ends an access unit. */
  marker: boolean;
  sequence: number;
  timestamp: number;
  payload: Buffer;
  /** When it was recorded, by the recorder's clock: milliseconds since 1970. On the first packet of each access unit. */
  recordedAt?: number;
}

const replayExtension = 0xabac;
const secondsFrom1900To1970 = 2_208_988_800;

/** Undefined where the bytes are no whole RTP packet. */
export function parseRtpPacket(bytes: Buffer): RtpPacket | undefined {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 12 || first >> 6 !== 2) return undefined;
  const headerEnd = 12 + (first & 0x0f) * 4;
  const extended = (first & 0x10) !== 0;
  if (extended && bytes.length < headerEnd + 4) return undefined;
  const start = extended ? headerEnd + 4 + bytes.readUInt16BE(headerEnd + 2) * 4 : headerEnd;
  const padding = (first & 0x20) === 0 ? 0 : (bytes.at(-1) ?? 0);
  if (start > bytes.length - padding) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    payload: bytes.subarray(start, bytes.length - padding),
    ...(extended ? replayMarks(bytes.subarray(headerEnd, start)) : {}),
  };
}

function replayMarks(extension: Buffer): Pick<RtpPacket, 'recordedAt'> {
  if (extension.length < 16 || extension.readUInt16BE(0) !== replayExtension) return {};
  return { recordedAt: readNtpTime(extension, 4) };
}

/** RFC 3550 section 4; RFC 4330 section 3: without the highest bit it is counted from 2036. */
function readNtpTime(bytes: Buffer, offset: number): number {
  const seconds = bytes.readUInt32BE(offset);
  const since1900 = seconds < 2 ** 31 ? seconds + 2 ** 32 : seconds;
  return (since1900 - secondsFrom1900To1970) * 1000 + Math.round((bytes.readUInt32BE(offset + 4) / 2 ** 32) * 1000);
}
