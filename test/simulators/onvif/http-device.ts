// The HTTP side of a simulated device: takes SOAP requests to the services and serves pictures.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Faults } from '../faults.ts';
import { announcedHost } from './announced-host.ts';
import type { Authentication, Verdict } from './authentication.ts';
import { deliver, type HttpAnswer } from './delivery.ts';
import type { Actions, Asked } from './service.ts';
import { envelope, faultEnvelope, parseRequest, SoapFault, type SoapRequest } from './soap.ts';
import type { Element } from './xml.ts';

export interface HttpDeviceOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  faults: Faults;
  authentication: Authentication;
  actions(): readonly Actions[];
  /** The picture at a path, or undefined where there is none. */
  picture(path: string): Buffer | undefined;
  makerPages?: MakerPages | undefined;
}

/** The maker’s own interface beside ONVIF, for those who are signed in: what answers at a path, undefined where nothing does. */
export type MakerPages = (path: string) => ((asked: PageAsked) => HttpAnswer) | undefined;

export interface PageAsked {
  path: string;
  query: URLSearchParams;
  body: string;
}

export interface HttpDevice {
  readonly port: number;
  /** Stops listening and cuts every connection; the port stays this device’s. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

const requestBytesMax = 262_144;

/** Rejects where the port is taken. */
export async function createHttpDevice(options: HttpDeviceOptions): Promise<HttpDevice> {
  const { host } = options;
  const server = createServer((request, response) => {
    respond(request, response, options).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await listen(server, { host, port: options.port });
  const port = portOf(server);

  const unplug = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return {
    port,
    unplug,
    plug: async () => {
      if (!server.listening) await listen(server, { host, port });
    },
    close: unplug,
  };
}

function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function respond(request: IncomingMessage, response: ServerResponse, options: HttpDeviceOptions): Promise<void> {
  const answer = await answerTo(request, response, options);
  await deliver(answer, { response, faults: options.faults });
}

async function answerTo(request: IncomingMessage, response: ServerResponse, options: HttpDeviceOptions): Promise<HttpAnswer> {
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://device');
  const page = options.makerPages?.(path);
  if (page !== undefined) return signedIn(request, options.authentication) ?? page({ path, query, body: (await bodyOf(request)) ?? '' });
  if (request.method === 'GET' || request.method === 'HEAD') return picture(request, path, options);
  if (request.method !== 'POST') return plain(405, 'Only GET and POST are allowed.', { allow: 'GET, HEAD, POST' });
  const text = await bodyOf(request);
  if (text === undefined) return plain(413, `A request may have at most ${requestBytesMax} bytes.`);
  if (!path.startsWith('/onvif/')) return plain(404, 'The ONVIF services are under /onvif/.');
  return soap(text, request, response, options);
}

function picture(request: IncomingMessage, path: string, { authentication, ...options }: HttpDeviceOptions): HttpAnswer {
  const jpeg = options.picture(path);
  if (jpeg === undefined) return plain(404, 'There is no picture at this address.');
  const denied = signedIn(request, authentication);
  if (denied !== undefined) return denied;
  return {
    status: 200,
    headers: { 'content-type': 'image/jpeg', 'cache-control': 'no-store' },
    body: request.method === 'HEAD' ? '' : jpeg,
  };
}

/** How one is turned away who asks without SOAP; undefined for whom it knows. */
function signedIn(request: IncomingMessage, authentication: Authentication): HttpAnswer | undefined {
  const { method = 'GET', url = '/' } = request;
  const verdict = authentication.check({ method, url, authorization: request.headers.authorization });
  if (verdict.kind === 'locked') return plain(403, lockedReason);
  return verdict.kind === 'accepted' ? undefined : unauthorized(authentication, verdict);
}

async function soap(text: string, request: IncomingMessage, response: ServerResponse, options: HttpDeviceOptions): Promise<HttpAnswer> {
  let parsed: SoapRequest | undefined;
  try {
    parsed = parseRequest(text);
    const { perform, open } = find(parsed.action, options.actions());
    if (!open) {
      const denied = authenticate(request, parsed, options.authentication);
      if (denied !== undefined) return denied;
    }
    return soapAnswer(200, envelope(await perform(askedBy(request, response, parsed, options)), parsed));
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error;
    // SOAP 1.2 part 2, table 20: a fault of the sender is a 400, any other a 500.
    return soapAnswer(error.code === 'Sender' ? 400 : 500, faultEnvelope(error, parsed));
  }
}

function find(action: Element, all: readonly Actions[]) {
  const known = all.filter(({ namespace }) => namespace === action.namespace);
  if (known.length === 0)
    throw new SoapFault('Sender', ['UnknownAction'], `This device has no service with the namespace ${action.namespace}.`);
  const owner = known.find(({ actions }) => Object.hasOwn(actions, action.name));
  const perform = owner?.actions[action.name];
  if (perform === undefined) throw new SoapFault('Receiver', ['ActionNotSupported'], `This device does not implement ${action.name}.`);
  return { perform, open: owner?.open?.includes(action.name) === true };
}

function authenticate(request: IncomingMessage, parsed: SoapRequest, authentication: Authentication): HttpAnswer | undefined {
  const { method = 'POST', url = '/' } = request;
  const soapHeader = parsed.header ?? noHeader;
  const verdict = authentication.check({ method, url, authorization: request.headers.authorization, soapHeader });
  if (verdict.kind === 'accepted') return undefined;
  if (verdict.kind === 'challenge') return unauthorized(authentication, verdict);
  const reason = verdict.kind === 'locked' ? lockedReason : 'The sender is not authorized.';
  const fault = faultEnvelope(new SoapFault('Sender', ['NotAuthorized'], reason), parsed);
  return soapAnswer(verdict.kind === 'locked' ? 403 : 400, fault);
}

const noHeader: Element = { name: 'Header', namespace: '', attributes: new Map(), children: [], text: '' };
const lockedReason = 'The account is locked after too many wrong passwords.';

function askedBy(
  request: IncomingMessage,
  response: ServerResponse,
  { action, header }: SoapRequest,
  { faults }: HttpDeviceOptions,
): Asked {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const host = announcedHost(request.socket.localAddress ?? '127.0.0.1', faults);
  return { action, header, url: request.url ?? '/', host, base: `http://${host}:${request.socket.localPort}`, signal: gone.signal };
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= requestBytesMax) chunks.push(chunk);
  }
  // Read to its end all the same: leaving a body unread would cut the connection before the answer.
  return bytes > requestBytesMax ? undefined : Buffer.concat(chunks).toString('utf8');
}

function soapAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'application/soap+xml; charset=utf-8' }, body };
}

function unauthorized(authentication: Authentication, verdict: Verdict): HttpAnswer {
  const stale = verdict.kind === 'challenge' && verdict.stale;
  return plain(401, 'Unauthorized', { 'www-authenticate': authentication.challenges(stale) });
}

function plain(status: number, text: string, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: text };
}
