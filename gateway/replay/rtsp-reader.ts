// RTSP/1.0 as a device sends it (RFC 2326): replies and interleaved packets out of bytes, in whatever pieces these come.
import { DeviceError } from '../onvif/device-error.ts';

export interface RtspReply {
  status: number;
  /** By name in lower case; a device may send several challenges. */
  headers: ReadonlyMap<string, readonly string[]>;
  body: string;
}

export type Heard = { kind: 'reply'; reply: RtspReply } | { kind: 'packet'; channel: number; bytes: Buffer } | { kind: 'request' };

const headerBytesMax = 16 * 1024;
const bodyBytesMax = 64 * 1024;
const endOfHeaders = '\r\n\r\n';
const interleavingMark = '$'.charCodeAt(0);

/** Gives a reader to be fed what a socket delivers. It holds one message of the largest size allowed at most, and throws DeviceError on what is no RTSP. */
export function createRtspReader(): (chunk: Buffer) => Heard[] {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = withoutBlankLines(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
    const heard: Heard[] = [];
    for (let taken = takeOne(held); taken !== undefined; taken = takeOne(held)) {
      heard.push(taken.heard);
      held = withoutBlankLines(held.subarray(taken.length));
    }
    return heard;
  };
}

/** Some devices put empty lines between messages. */
function withoutBlankLines(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0x0d && byte !== 0x0a);
  return bytes.subarray(start === -1 ? bytes.length : start);
}

interface Taken {
  heard: Heard;
  /** Bytes used up. */
  length: number;
}

function takeOne(held: Buffer): Taken | undefined {
  if (held.length === 0) return undefined;
  return held[0] === interleavingMark ? takePacket(held) : takeMessage(held);
}

/** RFC 2326 10.12: `$`, channel, length in two bytes. */
function takePacket(held: Buffer): Taken | undefined {
  if (held.length < 4) return undefined;
  const length = 4 + held.readUInt16BE(2);
  if (held.length < length) return undefined;
  return { heard: { kind: 'packet', channel: held[1] ?? 0, bytes: held.subarray(4, length) }, length };
}

function takeMessage(held: Buffer): Taken | undefined {
  const end = held.subarray(0, headerBytesMax).indexOf(endOfHeaders);
  if (end === -1 && held.length < headerBytesMax && couldBecomeMessage(held)) return undefined;
  if (end === -1) throw new DeviceError('malformed', 'the device does not speak RTSP at this address');
  const [startLine = '', ...lines] = held.toString('latin1', 0, end).split('\r\n');
  const status = /^RTSP\/1\.\d (\d{3})(?: |$)/.exec(startLine)?.[1];
  // A recorder may ask something of its own, e.g. whether we are still there; replay goes on without an answer.
  const asks = /^[A-Z_]{1,32} \S+ RTSP\/1\.\d$/.test(startLine);
  if (status === undefined && !asks) throw new DeviceError('malformed', 'the device answers with something that is no RTSP');
  const headers = headersOf(lines);
  const declared = headers.get('content-length')?.[0] ?? '0';
  if (!/^\d{1,9}$/.test(declared)) throw new DeviceError('malformed', 'the device declares a length that is no number');
  if (Number(declared) > bodyBytesMax) throw new DeviceError('too-large', `the device declares an answer of ${declared} bytes`);
  const start = end + endOfHeaders.length;
  const length = start + Number(declared);
  if (held.length < length) return undefined;
  if (status === undefined) return { heard: { kind: 'request' }, length };
  return { heard: { kind: 'reply', reply: { status: Number(status), headers, body: held.toString('utf8', start, length) } }, length };
}

/** Tells a device of another protocol by its first bytes rather than by the deadline. */
function couldBecomeMessage(held: Buffer): boolean {
  return /^[A-Z_]{1,32}(?:$|[ /])/.test(held.toString('latin1', 0, 64));
}

function headersOf(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    // Not by an expression: on a line of blanks it would take for ever.
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (key === '' || /\s/.test(key)) continue;
    const values = headers.get(key) ?? [];
    values.push(line.slice(colon + 1).trim());
    headers.set(key, values);
  }
  return headers;
}
