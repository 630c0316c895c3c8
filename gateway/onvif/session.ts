// One device and one account on it: where its services are, what its clock says, and how to ask it anything.
import { type Account, createAccount, type Door, isRefusal } from './account.ts';
import { hostAndPort, mendServiceAddress, mendStreamAddress, parseDeviceAddress } from './address.ts';
import { createAuthenticator, type Signing, type Tried } from './authenticator.ts';
import { type ClockReading, compareClocks } from './clock.ts';
import { asDeviceError, DeviceError } from './device-error.ts';
import type { Credentials } from './http-digest.ts';
import { findServices, type Services } from './services.ts';
import { contentType, envelope, type Operation, readReply } from './soap.ts';
import { exchange, type HttpRequest, type HttpResponse } from './transport.ts';
import type { XmlNode } from './xml-node.ts';

export interface SessionOptions {
  /** `http(s)://host[:port][/path]` or a bare host. */
  address: string;
  credentials?: Credentials | undefined;
  /** Where several sessions use one account of one device: what is known of it; takes the place of `credentials`. */
  account?: Account | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
  /** SHA-256 of the device's TLS certificate, hex. Needed for a self-signed one. */
  certificateFingerprint?: string | undefined;
}

export interface OnvifSession {
  /** host:port that is asked. */
  readonly address: string;
  readonly credentials: Credentials | undefined;
  readonly account: Account;
  /** The device's streams: whoever opens one with our password does so through here. */
  readonly streams: Door;
  /** Asks one operation and gives the element of the answer. Throws DeviceError, and nothing else. */
  call(operation: Operation, options: CallOptions): Promise<XmlNode>;
  /** Where the device's services are; asked once, then remembered. Throws DeviceError. */
  services(options: { signal: AbortSignal }): Promise<Services>;
  /** Compares the device's clock with ours; most devices need no password for it. Throws DeviceError. */
  readClock(options: { signal: AbortSignal }): Promise<ClockReading>;
  /** Fetches a file from the device, e.g. a snapshot, or posts something to it; at most 16 MiB. Throws DeviceError. */
  fetch(announced: string, options: FetchOptions): Promise<Fetched>;
  /** The address of a stream as it can be reached from here, without a password; undefined where it is no RTSP address. */
  streamAddress(announced: string): string | undefined;
}

export interface CallOptions {
  signal: AbortSignal;
  /** Where to ask, if not at the operation's service; an address made of one the device announced. */
  at?: URL | undefined;
  /** How long this one exchange may take; 15 s without it. */
  patienceMs?: number | undefined;
}

export interface FetchOptions {
  signal: AbortSignal;
  /** Without it the file is asked for with GET. */
  post?: { contentType: string; body: string } | undefined;
  /** HTTP statuses that are answers, besides 200; any other is the fault `http-error`. */
  answers?: readonly number[] | undefined;
}

export interface Fetched {
  status: number;
  contentType: string;
  body: Buffer;
}

const soapLimitBytes = 1024 * 1024;
const fileLimitBytes = 16 * 1024 * 1024;
/** No single exchange may take longer, whatever the caller allows for the whole. */
const exchangeTimeoutMs = 15_000;

/** Sends nothing until it is used; keeps no connection open. Throws an Error for an address that is none. */
export function createOnvifSession({ address, now, certificateFingerprint, ...options }: SessionOptions): OnvifSession {
  const reached = addressOf(address);
  let known: Services | undefined;
  let offsetSeconds: number | undefined;
  const clock = { last: () => offsetSeconds, measure };
  const account = options.account ?? createAccount(options.credentials, now);
  const { credentials } = account;
  const soap = createAuthenticator({ account, now, clock });
  const files = createAuthenticator({ account, now });

  return {
    address: hostAndPort(reached),
    credentials,
    account,
    streams: account.door(),
    call: (operation, options) => guarded(() => call(operation, options)),
    services: ({ signal }) => guarded(() => services(signal)),
    readClock: ({ signal }) => guarded(() => readClock(signal)),
    fetch: (announced, options) => guarded(() => fetchFile(announced, options)),
    streamAddress: (announced) => mendStreamAddress(announced, reached)?.href,
  };

  async function call(operation: Operation, { signal, at, patienceMs }: CallOptions): Promise<XmlNode> {
    const url = at ?? (operation.service === 'device' ? reached : (await services(signal)).get(operation.service));
    if (url === undefined) throw new DeviceError('not-supported', `${operation.action}: the device offers no ${operation.service} service`);
    try {
      return await signed(operation, url, { signal, patienceMs });
    } catch (thrown) {
      // Some devices move their services to another port when they start anew.
      if (thrown instanceof DeviceError && ['refused', 'http-error'].includes(thrown.fault)) known = undefined;
      throw thrown;
    }
  }

  async function services(signal: AbortSignal): Promise<Services> {
    known ??= await findServices((operation) => signed(operation, reached, { signal }), reached);
    return known;
  }

  function signed(operation: Operation, url: URL, limits: Limits): Promise<XmlNode> {
    return soap.perform(async (signing) => asTried(operation, await post(operation, url, signing, limits)), {
      signal: limits.signal,
      privileged: operation.privileged ?? false,
    });
  }

  async function readClock(signal: AbortSignal): Promise<ClockReading> {
    try {
      return await timed(() => unsigned(signal));
    } catch (thrown) {
      // ONVIF wants the clock told to everyone; some devices tell it only to those they know.
      if (isRefusal(thrown) && credentials !== undefined) return timed(() => signed(getTime, reached, { signal }));
      throw thrown;
    }
  }

  async function timed(ask: () => Promise<XmlNode>): Promise<ClockReading> {
    const at = now();
    const since = performance.now();
    const answer = await ask();
    const reading = compareClocks(answer, { at, roundTripMs: performance.now() - since });
    offsetSeconds = reading.clock.offsetSeconds;
    return reading;
  }

  /** For signing: where the device keeps even its clock to itself, our own time has to do. */
  async function measure({ signal }: { signal: AbortSignal }): Promise<number> {
    try {
      return (await timed(() => unsigned(signal))).clock.offsetSeconds;
    } catch (thrown) {
      if (thrown instanceof DeviceError && ['credentials-refused', 'malformed', 'soap-fault', 'not-supported'].includes(thrown.fault))
        return 0;
      throw thrown;
    }
  }

  async function unsigned(signal: AbortSignal): Promise<XmlNode> {
    return readReply(await post(getTime, reached, { token: undefined, headers: () => ({}) }, { signal }), getTime);
  }

  function post(operation: Operation, url: URL, signing: Signing, limits: Limits): Promise<HttpResponse> {
    const body = envelope(operation, signing.token);
    const headers = { 'content-type': contentType(operation), ...signing.headers('POST', url, body) };
    return send({ method: 'POST', url, headers, body, limitBytes: soapLimitBytes, signal: limits.signal }, limits.patienceMs);
  }

  async function fetchFile(announced: string, { signal, post: sent, answers = [] }: FetchOptions): Promise<Fetched> {
    const url = mendServiceAddress(announced, reached);
    if (url === undefined) throw new DeviceError('malformed', 'the device announced a file at an address that is none');
    const method = sent === undefined ? 'GET' : 'POST';
    return files.perform(
      async (signing) => {
        const headers = {
          ...(sent === undefined ? {} : { 'content-type': sent.contentType }),
          ...signing.headers(method, url, sent?.body),
        };
        const body = sent === undefined ? {} : { body: sent.body };
        return fileOf(await send({ method, url, headers, ...body, limitBytes: fileLimitBytes, signal }), answers);
      },
      { signal },
    );
  }

  function send(request: HttpRequest, patienceMs = exchangeTimeoutMs): Promise<HttpResponse> {
    return exchange({
      ...request,
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(patienceMs)]),
      certificateFingerprint,
    });
  }
}

type Limits = Pick<CallOptions, 'signal' | 'patienceMs'>;

const getTime: Operation = { service: 'device', action: 'GetSystemDateAndTime' };

function addressOf(address: string): URL {
  const url = parseDeviceAddress(address);
  if (url !== undefined) return url;
  throw new Error('the address of a device must be http://host or https://host, with port and path where needed, without user name');
}

function asTried(operation: Operation, response: HttpResponse): Tried<XmlNode> {
  try {
    return { ok: true, value: readReply(response, operation) };
  } catch (thrown) {
    if (isRefusal(thrown)) return { ok: false, refusal: thrown, challenges: response.challenges };
    throw thrown;
  }
}

function fileOf({ status, challenges, contentType: type, body }: HttpResponse, answers: readonly number[]): Tried<Fetched> {
  if (status === 200 || answers.includes(status)) return { ok: true, value: { status, contentType: type, body } };
  if (status === 401 || status === 403)
    return { ok: false, refusal: new DeviceError('credentials-refused', `the file was refused with HTTP ${status}`), challenges };
  throw new DeviceError('http-error', `the file was answered with HTTP ${status}`);
}

async function guarded<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (thrown) {
    throw asDeviceError(thrown);
  }
}
