// HTTP digest authentication as devices really ask for it: MD5 or SHA-256, with or without qop, parameters in any order, quoted or not.
import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  username: string;
  password: string;
}

export interface DigestChallenge {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  algorithm: 'MD5' | 'SHA-256';
  /** `auth` where the device leaves the choice, `auth-int` where it takes nothing else, undefined in the old form. */
  qop: 'auth' | 'auth-int' | undefined;
  session: boolean;
  /** What the device said of the nonce used before; undefined where it said nothing. */
  stale: boolean | undefined;
}

/** The strongest digest challenge among the `WWW-Authenticate` lines; undefined where there is none we can answer. */
export function parseDigestChallenge(lines: readonly string[]): DigestChallenge | undefined {
  const offered = lines.flatMap(splitChallenges).flatMap((each) => challengeOf(each) ?? []);
  return offered.find((each) => each.algorithm === 'SHA-256') ?? offered[0];
}

/** The value of the `Authorization` header. `count` is how often this nonce has been used, from 1. */
export function digestAuthorization(about: {
  challenge: DigestChallenge;
  credentials: Credentials;
  method: string;
  /** Path and query, exactly as sent. */
  target: string;
  /** What is sent along; only `auth-int` asks for it. */
  body?: string | undefined;
  count: number;
  cnonce?: string;
}): string {
  const { challenge, credentials, method, target, body = '' } = about;
  const hash = (text: string) =>
    createHash(challenge.algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const cnonce = about.cnonce ?? randomBytes(16).toString('hex');
  const count = about.count.toString(16).padStart(8, '0');
  const secret = hash(`${credentials.username}:${challenge.realm}:${credentials.password}`);
  const a1 = challenge.session ? hash(`${secret}:${challenge.nonce}:${cnonce}`) : secret;
  const a2 = hash(challenge.qop === 'auth-int' ? `${method}:${target}:${hash(body)}` : `${method}:${target}`);
  const middle = challenge.qop === undefined ? challenge.nonce : `${challenge.nonce}:${count}:${cnonce}:${challenge.qop}`;
  const fields = [
    `username="${quoted(credentials.username)}"`,
    `realm="${quoted(challenge.realm)}"`,
    `nonce="${quoted(challenge.nonce)}"`,
    `uri="${quoted(target)}"`,
    `response="${hash(`${a1}:${middle}:${a2}`)}"`,
    `algorithm=${challenge.algorithm}${challenge.session ? '-sess' : ''}`,
    ...(challenge.qop === undefined && !challenge.session ? [] : [`cnonce="${cnonce}"`]),
    ...(challenge.qop === undefined ? [] : [`qop=${challenge.qop}`, `nc=${count}`]),
    ...(challenge.opaque === undefined ? [] : [`opaque="${quoted(challenge.opaque)}"`]),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** One header line may hold several challenges: `Basic realm="a", Digest realm="b", nonce="c"`. */
function splitChallenges(line: string): string[] {
  return line
    .slice(0, 4096)
    .split(/(?:^|,)\s*(?=[A-Za-z][\w-]*\s+[\w-]+\s*=)/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function challengeOf(text: string): DigestChallenge | undefined {
  if (!/^digest\s/i.test(text)) return undefined;
  const parameters = parametersOf(text.slice('digest'.length));
  const nonce = parameters.get('nonce');
  const algorithm = algorithmOf(parameters.get('algorithm'));
  if (nonce === undefined || algorithm === undefined) return undefined;
  const offered = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  const qop = (['auth', 'auth-int'] as const).find((each) => offered?.includes(each));
  if (qop === undefined && offered?.some((each) => each !== '')) return undefined;
  return {
    realm: parameters.get('realm') ?? '',
    nonce,
    opaque: parameters.get('opaque'),
    ...algorithm,
    qop,
    stale: staleOf(parameters.get('stale')),
  };
}

function parametersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', inQuotes, bare] of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/g))
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), inQuotes?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  return found;
}

function algorithmOf(name = 'MD5'): { algorithm: 'MD5' | 'SHA-256'; session: boolean } | undefined {
  const [, plain, session] = /^(md5|sha-256)(-sess)?$/i.exec(name) ?? [];
  if (plain === undefined) return undefined;
  return { algorithm: plain.toUpperCase() === 'MD5' ? 'MD5' : 'SHA-256', session: session !== undefined };
}

function staleOf(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value.toLowerCase() === 'true';
}

function quoted(text: string): string {
  return text.replace(/[\r\n]/g, '').replace(/["\\]/g, '\\$&');
}
