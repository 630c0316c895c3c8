// One HTTP exchange with a device: a deadline over the whole of it, a bound on its size, no redirect followed, a connection of its own.
import { createHash, type X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { DeviceError } from './device-error.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** Bytes; more is the fault `too-large`. */
  limitBytes: number;
  /** SHA-256 of the device's certificate, hex, colons allowed. Without it only certificates of a known authority are taken. */
  certificateFingerprint?: string | undefined;
}

export interface HttpResponse {
  status: number;
  /** One entry a header line: a device may send several challenges. */
  challenges: string[];
  contentType: string;
  body: Buffer;
}

/** Sends and receives. Throws DeviceError for whatever goes wrong on the way; an HTTP error status is not wrong here, a redirect is. */
export async function exchange(request: HttpRequest): Promise<HttpResponse> {
  if (request.signal.aborted) throw new DeviceError('no-answer', 'there was no time left to ask');
  const progress: Progress = { connected: false, received: () => 0 };
  try {
    const response = await send(request, progress);
    if (response.statusCode !== undefined && response.statusCode >= 300 && response.statusCode < 400) throw redirected(response);
    return {
      status: response.statusCode ?? 0,
      challenges: response.headersDistinct['www-authenticate'] ?? [],
      contentType: response.headers['content-type'] ?? '',
      body: await readAll(response, request.limitBytes),
    };
  } catch (thrown) {
    throw request.signal.aborted ? outOfTime(progress) : asTransportError(thrown, progress);
  }
}

/** How far the exchange came: it tells a device that says nothing from one that speaks too slowly. */
interface Progress {
  connected: boolean;
  /** Bytes. */
  received: () => number;
}

function send(request: HttpRequest, progress: Progress): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const options: https.RequestOptions = {
    method: request.method,
    headers: {
      ...request.headers,
      connection: 'close',
      ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
    },
    // A connection of its own for each request: cameras close kept-alive connections without a word, and have few of them.
    agent: false,
    // Old cameras end header lines and chunks in ways the strict parser refuses.
    insecureHTTPParser: true,
    maxHeaderSize: 64 * 1024,
    signal: request.signal,
  };
  const outgoing =
    request.url.protocol === 'https:'
      ? // Not rejected by the library, which would not say which certificate it was.
        https.request(request.url, { ...options, rejectUnauthorized: false, minVersion: 'TLSv1.2' })
      : http.request(request.url, options);
  outgoing.on('socket', (socket) => {
    socket.on('connect', () => {
      progress.connected = true;
    });
    socket.on(request.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      progress.received = bytesSince(socket);
      const refusal = socket instanceof TLSSocket ? refusalOf(socket, request.certificateFingerprint) : undefined;
      if (refusal === undefined) outgoing.end(request.body);
      else outgoing.destroy(refusal);
    });
  });
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  return promise;
}

function bytesSince(socket: Socket): () => number {
  const before = socket.bytesRead;
  return () => socket.bytesRead - before;
}

/**
 * Asked before a single byte of the request is sent. A pinned certificate stands for itself: it need not be signed by anyone, nor carry
 * the address.
 */
function refusalOf(socket: TLSSocket, expected: string | undefined): DeviceError | undefined {
  const certificate = socket.getPeerX509Certificate();
  const found = certificate === undefined ? 'none' : fingerprintOf(certificate);
  if (expected === undefined && socket.authorized) return undefined;
  if (expected === undefined)
    return new DeviceError(
      'certificate',
      `no known authority vouches for the device's certificate at this address (${socket.authorizationError}); its SHA-256 fingerprint is ${found}`,
    );
  if (found === normaliseFingerprint(expected)) return undefined;
  return new DeviceError('certificate', `the device's certificate has the SHA-256 fingerprint ${found}, another than the expected one`);
}

/** SHA-256 of the certificate, lower-case hex without colons. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

function normaliseFingerprint(fingerprint: string): string {
  return fingerprint
    .replace(/^sha-?256:/i, '')
    .replaceAll(':', '')
    .trim()
    .toLowerCase();
}

async function readAll(response: http.IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    // Leaving the loop destroys the response, and the connection with it.
    if (size > limitBytes) throw new DeviceError('too-large', `the answer is larger than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  if (!response.complete) throw new DeviceError('truncated', 'the connection ended inside the answer');
  return Buffer.concat(chunks);
}

function redirected(response: http.IncomingMessage): DeviceError {
  response.destroy();
  return new DeviceError(
    'redirected',
    `the device answered HTTP ${response.statusCode} and sent us to another address, which is never followed`,
  );
}

function outOfTime(progress: Progress): DeviceError {
  const received = progress.received();
  if (received > 0) return new DeviceError('too-slow', `the answer was not complete in time, ${received} bytes had come`);
  const how = progress.connected ? 'the device took the connection and then said nothing' : 'nothing came back from the address';
  return new DeviceError('no-answer', how);
}

const unreachableCodes = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EACCES',
]);

/** What went wrong below the protocol, told apart by how far the exchange had come. */
export function asTransportError(thrown: unknown, progress: Pick<Progress, 'received'>): DeviceError {
  if (thrown instanceof DeviceError) return thrown;
  const code = codeOf(thrown);
  const as = (fault: DeviceError['fault'], detail: string) => new DeviceError(fault, `${detail} (${code})`, { cause: thrown });
  if (code === 'ECONNREFUSED') return as('refused', 'the port is closed');
  if (unreachableCodes.has(code)) return as('unreachable', 'the network has no way to the address, or its name does not resolve');
  if (code === 'ETIMEDOUT') return as('no-answer', 'nothing came back from the address');
  if (code === 'HPE_HEADER_OVERFLOW') return as('too-large', 'the header of the answer is too large');
  if (code.startsWith('HPE_')) return as(code === 'HPE_INVALID_EOF_STATE' ? 'truncated' : 'malformed', 'the answer is not HTTP');
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code))
    return as('certificate', "the device's certificate or its TLS is not acceptable");
  if (progress.received() > 0) return as('truncated', 'the connection ended inside the answer');
  if (code === 'ECONNRESET' || code === 'EPIPE') return as('no-answer', 'the device closed the connection without an answer');
  return as('internal', 'the request failed in an unforeseen way');
}

function codeOf(thrown: unknown): string {
  const code: unknown = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'no code';
}
