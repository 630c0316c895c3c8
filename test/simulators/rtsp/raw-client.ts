// An RTSP client that shows every packet as it came: for tests of what ordinary players hide.
import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawReply {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** Where the ONVIF replay extension stands, what it says. */
export interface RawReplayMarks {
  /** Milliseconds since 1970. */
  recordedAt: number;
  clean: boolean;
  endOfSpan: boolean;
  discontinuity: boolean;
  terminal: boolean;
  cseq: number;
}

export interface RawPacket {
  channel: number;
  bytes: Buffer;
  marker: boolean;
  sequence: number;
  timestamp: number;
  marks?: RawReplayMarks;
  payload: Buffer;
}

export interface RawClient {
  /** Sends a request, numbered from 1, and waits for its answer. */
  request(method: string, url: string, headers?: Record<string, string>): Promise<RawReply>;
  /** As it is, for what `request` would not send. */
  write(text: string): void;
  reply(): Promise<RawReply>;
  /** The next interleaved packet; `undefined` when the server has closed the connection. */
  packet(): Promise<RawPacket | undefined>;
  closed: Promise<unknown>;
  close(): void;
}

export async function connectRawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const replies = createQueue<RawReply>();
  const packets = createQueue<RawPacket>();
  let held: Buffer = Buffer.alloc(0);
  let cseq = 0;

  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    for (let length = takeOne(held, replies, packets); length > 0; length = takeOne(held, replies, packets)) held = held.subarray(length);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    replies.end();
    packets.end();
  });
  await once(socket, 'connect');

  const reply = async () => {
    const answer = await replies.next();
    if (answer === undefined) throw new Error('The RTSP server closed the connection instead of answering.');
    return answer;
  };
  return {
    async request(method, url, headers = {}) {
      cseq += 1;
      const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${cseq}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      return reply();
    },
    write: (text) => socket.write(text),
    reply,
    packet: () => packets.next(),
    closed,
    close: () => socket.destroy(),
  };
}

interface Queue<Item> {
  push(item: Item): void;
  next(): Promise<Item | undefined>;
  end(): void;
}

function createQueue<Item>(): Queue<Item> {
  const items: Item[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = false;
  return {
    push(item) {
      items.push(item);
      wake.resolve();
    },
    async next() {
      while (items.length === 0 && !ended) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
      return items.shift();
    },
    end() {
      ended = true;
      wake.resolve();
    },
  };
}

/** Returns how many bytes were used up; 0 while nothing is complete. */
function takeOne(held: Buffer, replies: Queue<RawReply>, packets: Queue<RawPacket>): number {
  if (held[0] === '$'.charCodeAt(0)) {
    const length = held.length < 4 ? Number.POSITIVE_INFINITY : 4 + held.readUInt16BE(2);
    if (held.length < length) return 0;
    packets.push(parsePacket(held[1] ?? 0, held.subarray(4, length)));
    return length;
  }
  const headerEnd = held.indexOf('\r\n\r\n');
  if (headerEnd === -1) return 0;
  const [statusLine = '', ...lines] = held.toString('latin1', 0, headerEnd).split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const length = headerEnd + 4 + Number(headers.get('content-length') ?? 0);
  if (held.length < length) return 0;
  replies.push({ status: Number(statusLine.split(' ')[1]), headers, body: held.toString('utf8', headerEnd + 4, length) });
  return length;
}

function parsePacket(channel: number, bytes: Buffer): RawPacket {
  const extended = ((bytes[0] ?? 0) & 0x10) !== 0;
  const packet = {
    channel,
    bytes,
    marker: ((bytes[1] ?? 0) & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    payload: bytes.subarray(extended ? 16 + bytes.readUInt16BE(14) * 4 : 12),
  };
  return extended && bytes.readUInt16BE(12) === 0xabac ? { ...packet, marks: parseMarks(bytes.subarray(16)) } : packet;
}

function parseMarks(extension: Buffer): RawReplayMarks {
  const flags = extension[8] ?? 0;
  return {
    recordedAt: parseNtpTime(extension),
    clean: (flags & 0x80) !== 0,
    endOfSpan: (flags & 0x40) !== 0,
    discontinuity: (flags & 0x20) !== 0,
    terminal: (flags & 0x10) !== 0,
    cseq: extension[9] ?? 0,
  };
}

/** Milliseconds since 1970, of the eight bytes of an NTP time. */
export function parseNtpTime(bytes: Buffer): number {
  return (bytes.readUInt32BE(0) - 2_208_988_800) * 1000 + Math.round((bytes.readUInt32BE(4) / 2 ** 32) * 1000);
}
