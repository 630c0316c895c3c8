// RTSP/1.0 on the wire (RFC 2326): requests and interleaved packets out of bytes, responses into bytes.

export interface RtspRequest {
  method: string;
  uri: string;
  /** By name in lower case; of a header that came twice, the last. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}

export type Heard = { kind: 'request'; request: RtspRequest } | { kind: 'interleaved' } | { kind: 'malformed'; status: Status };

export type Status = keyof typeof reasons;

export interface Reply {
  status: Status;
  headers?: Record<string, string>;
  body?: string;
}

/** RFC 2326 section 7.1.1. */
const reasons = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  451: 'Parameter Not Understood',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  457: 'Invalid Range',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  505: 'RTSP Version not supported',
  551: 'Option not supported',
} as const;

const headerBytesMax = 8 * 1024;
const bodyBytesMax = 64 * 1024;
const endOfHeaders = '\r\n\r\n';

/**
 * Returns a reader to be fed with what a socket delivers, in any pieces. It never holds more than one message of the largest
 * size allowed (8 KiB of headers, 64 KiB of body); after `malformed` the connection has to be closed.
 */
export function createReader(): (chunk: Buffer) => Heard[] {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const heard: Heard[] = [];
    for (;;) {
      const taken = takeOne(held);
      if (taken === undefined) return heard;
      heard.push(taken.heard);
      if (taken.heard.kind === 'malformed') return heard;
      held = held.subarray(taken.length);
    }
  };
}

/** Writes a response; `cseq` is absent only where the request could not be read. */
export function formatReply({ status, headers = {}, body = '' }: Reply, cseq: string | undefined): string {
  const lines = [`RTSP/1.0 ${status} ${reasons[status]}`];
  if (cseq !== undefined) lines.push(`CSeq: ${cseq}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}${endOfHeaders}${body}`;
}

interface Taken {
  heard: Heard;
  /** Bytes used up. */
  length: number;
}

const malformed = (status: Status): Taken => ({ heard: { kind: 'malformed', status }, length: 0 });

function takeOne(held: Buffer): Taken | undefined {
  if (held.length === 0) return undefined;
  return held[0] === '$'.charCodeAt(0) ? takeInterleaved(held) : takeRequest(held);
}

/** RFC 2326 10.12: `$`, channel, length in two bytes. */
function takeInterleaved(held: Buffer): Taken | undefined {
  if (held.length < 4) return undefined;
  const length = 4 + held.readUInt16BE(2);
  return held.length < length ? undefined : { heard: { kind: 'interleaved' }, length };
}

function takeRequest(held: Buffer): Taken | undefined {
  const headerEnd = held.subarray(0, headerBytesMax).indexOf(endOfHeaders);
  if (headerEnd === -1) return held.length >= headerBytesMax ? malformed(413) : undefined;
  const [requestLine = '', ...headerLines] = held.toString('latin1', 0, headerEnd).split('\r\n');
  const parts = /^([A-Z_]{1,32}) (\S+) RTSP\/(\d\.\d)$/.exec(requestLine);
  const headers = parseHeaders(headerLines);
  if (parts === null || headers === undefined) return malformed(400);
  const [, method = '', uri = '', version] = parts;
  if (version !== '1.0') return malformed(505);
  const declared = headers.get('content-length') ?? '0';
  if (!/^\d{1,9}$/.test(declared)) return malformed(400);
  if (Number(declared) > bodyBytesMax) return malformed(413);
  const bodyStart = headerEnd + endOfHeaders.length;
  const length = bodyStart + Number(declared);
  if (held.length < length) return undefined;
  return { heard: { kind: 'request', request: { method, uri, headers, body: held.subarray(bodyStart, length) } }, length };
}

function parseHeaders(lines: string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
