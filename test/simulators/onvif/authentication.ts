// Who may ask: WS-UsernameToken and HTTP digest, and the lock after too many wrong passwords.
import { createHash, randomBytes } from 'node:crypto';
import type { Faults } from '../faults.ts';
import { namespaces } from './namespaces.ts';
import { child, type Element, textAt } from './xml.ts';
import { parseInstant } from './xsd-values.ts';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

export interface AuthenticationOptions {
  username: string;
  password: string;
  faults: Faults;
  /** Milliseconds since 1970, by the world’s clock. */
  now(): number;
  /** Milliseconds since 1970, by the device’s own clock: what tokens are measured against. */
  clock(): number;
  /** Which ways SOAP calls may be authenticated. */
  accepts: { digest: boolean; token: boolean };
  /** Offered in this order. Clients that read only one challenge mostly take the first, so MD5 leads. */
  algorithms: readonly DigestAlgorithm[];
  /** How far `Created` may be from the device’s clock, seconds. */
  tokenWindowSeconds: number;
  /** Wrong passwords in a row until the account is locked. */
  lockAfter: number;
  lockMinutes: number;
}

export interface Credentials {
  method: string;
  /** Path and query as they were asked for. */
  url: string;
  authorization: string | undefined;
  soapHeader?: Element | undefined;
}

/** `challenge`: answer 401 and say how; `refused`: answer a fault; `locked`: not even the right password helps now. */
export type Verdict = { kind: 'accepted' | 'refused' | 'locked' } | { kind: 'challenge'; stale: boolean };

export interface Authentication {
  check(credentials: Credentials): Verdict;
  /** Values for WWW-Authenticate headers. */
  challenges(stale: boolean): string[];
  /** What the password is at the moment, for the other doors of the same device. */
  password(): string;
  locked(): boolean;
}

const nonceLifeMs = 300_000;
const rememberedMax = 10_000;
const realm = 'Mingzao simulator';

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { username, faults, now, clock, algorithms } = options;
  const nonces = createMemory<{ count: number }>(now);
  const tokens = createMemory<true>(now);
  const opaque = randomBytes(8).toString('hex');
  let wrong = 0;
  let lockedUntil = 0;

  const password = () => (faults.has('wrong-password') ? `${options.password}-changed` : options.password);
  const locked = () => faults.has('locked') || now() < lockedUntil;
  const accepts = (way: 'digest' | 'token') =>
    faults.has('digest-only') ? way === 'digest' : faults.has('token-only') ? way === 'token' : options.accepts[way];

  function judge(right: boolean, otherwise: Verdict): Verdict {
    if (locked()) return { kind: 'locked' };
    wrong = right ? 0 : wrong + 1;
    if (wrong >= options.lockAfter) {
      lockedUntil = now() + options.lockMinutes * 60_000;
      wrong = 0;
    }
    return right ? { kind: 'accepted' } : otherwise;
  }

  function checkDigest(header: string, { method, url }: Credentials): Verdict {
    const given = parseDigest(header);
    const nonce = nonces.recall(given.nonce ?? '');
    const count = Number.parseInt(given.nc ?? '', 16);
    if (nonce === undefined) return { kind: 'challenge', stale: true };
    // A count that was already used is a replay (RFC 7616 3.4.5).
    if (!(count > nonce.count)) return { kind: 'challenge', stale: true };
    nonce.count = count;
    const known = given.username === username && given.uri === url && given.qop === 'auth' && given.realm === realm;
    return judge(known && given.response === digestResponse(given, { method, password: password() }), { kind: 'challenge', stale: false });
  }

  function checkToken(token: Element): Verdict {
    const given = {
      nonce: textAt(token, 'Nonce') ?? '',
      created: textAt(token, 'Created') ?? '',
      digest: textAt(token, 'Password') ?? '',
    };
    const created = parseInstant(given.created);
    const isDigest = child(token, 'Password')?.attributes.get('Type')?.endsWith('#PasswordDigest') === true;
    if (!isDigest || created === undefined || Math.abs(created - clock()) > options.tokenWindowSeconds * 1000) return { kind: 'refused' };
    if (tokens.recall(given.nonce) !== undefined) return { kind: 'refused' };
    tokens.remember(given.nonce, true, nonceLifeMs);
    const right = textAt(token, 'Username') === username && given.digest === tokenDigest(given, password());
    return judge(right, { kind: 'refused' });
  }

  return {
    check(credentials) {
      const token = tokenIn(credentials.soapHeader);
      const soap = credentials.soapHeader !== undefined;
      const header = credentials.authorization;
      // A picture is asked for without SOAP; there is only digest for it.
      if (header?.startsWith('Digest ') && (accepts('digest') || !soap)) return checkDigest(header, credentials);
      if (token !== undefined && accepts('token')) return checkToken(token);
      return accepts('digest') || !soap ? { kind: 'challenge', stale: false } : { kind: 'refused' };
    },
    challenges(stale) {
      const nonce = randomBytes(16).toString('hex');
      nonces.remember(nonce, { count: 0 }, nonceLifeMs);
      return algorithms.map(
        (algorithm) =>
          `Digest realm="${realm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"${stale ? ', stale=true' : ''}`,
      );
    },
    password,
    locked,
  };
}

/** The same header element without any content still means SOAP, so an absent one is told by `undefined` alone. */
function tokenIn(header: Element | undefined): Element | undefined {
  const security = header?.children.find(({ name, namespace }) => name === 'Security' && namespace === namespaces.wsse);
  return child(security, 'UsernameToken');
}

function tokenDigest({ nonce, created }: { nonce: string; created: string }, password: string): string {
  return createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password).digest('base64');
}

function digestResponse(given: Record<string, string>, { method, password }: { method: string; password: string }): string {
  const hash = (text: string) =>
    createHash(given.algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const account = hash(`${given.username}:${given.realm}:${password}`);
  const asked = hash(`${method}:${given.uri}`);
  return hash([account, given.nonce, given.nc, given.cnonce, given.qop, asked].join(':'));
}

function parseDigest(header: string): Record<string, string> {
  const fields = header.slice('Digest '.length).matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g);
  return Object.fromEntries(
    [...fields].map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '']),
  );
}

/** Remembers for a while, and only so much: the oldest is forgotten first. */
function createMemory<Value>(now: () => number) {
  const entries = new Map<string, { value: Value; until: number }>();
  return {
    remember(key: string, value: Value, lifeMs: number) {
      if (entries.size >= rememberedMax) entries.delete(entries.keys().next().value ?? '');
      entries.set(key, { value, until: now() + lifeMs });
    },
    recall(key: string): Value | undefined {
      const entry = entries.get(key);
      return entry !== undefined && entry.until > now() ? entry.value : undefined;
    },
  };
}
