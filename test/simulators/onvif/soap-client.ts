// The smallest ONVIF client there can be, for trying the simulators: raw SOAP over fetch, signed in either way.
import { createHash, randomBytes } from 'node:crypto';
import { namespaces } from './namespaces.ts';
import { child, descendants, type Element, parseXml, textAt } from './xml.ts';

export interface Account {
  username: string;
  password: string;
}

export interface SoapReply {
  status: number;
  /** Undefined where the answer is not SOAP. */
  body: Element | undefined;
  /** `Sender/NotAuthorized`, without prefixes; undefined where it is no fault. */
  fault: string | undefined;
  reason: string | undefined;
  /** The text of every element of that name, in order. */
  all(name: string): string[];
  headers: Headers;
}

/** A wsse:Security header that signs as of `time` (milliseconds since 1970). */
export function usernameToken({ username, password }: Account, time: number, nonce: Buffer = randomBytes(16)): string {
  const created = new Date(time).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
  const utility = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
  return `<wsse:Security xmlns:wsse="${namespaces.wsse}"><wsse:UsernameToken><wsse:Username>${username}</wsse:Username>
    <wsse:Password Type="${profile}#PasswordDigest">${digest}</wsse:Password><wsse:Nonce>${nonce.toString('base64')}</wsse:Nonce>
    <wsu:Created xmlns:wsu="${utility}">${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`;
}

/** Sends one action, `<tds:GetScopes/>`; the usual prefixes are declared. */
export async function ask(url: string, action: string, { header = '', authorization = '' } = {}): Promise<SoapReply> {
  const declarations = Object.entries(namespaces).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/soap+xml; charset=utf-8', ...(authorization === '' ? {} : { authorization }) },
    body: `<env:Envelope ${declarations.join(' ')}><env:Header>${header}</env:Header><env:Body>${action}</env:Body></env:Envelope>`,
  });
  return replyOf(response.status, response.headers, await response.text());
}

export function replyOf(status: number, headers: Headers, text: string): SoapReply {
  const body = child(parseXml(text), 'Body');
  const fault = child(body, 'Fault');
  return {
    status,
    headers,
    body,
    fault: fault && codes(child(fault, 'Code')).join('/'),
    reason: textAt(fault, 'Reason', 'Text'),
    all: (name) => (body === undefined ? [] : descendants(body, name).map((element) => element.text)),
  };
}

function codes(code: Element | undefined): string[] {
  if (code === undefined) return [];
  return [(textAt(code, 'Value') ?? '').replace(/^\w+:/, ''), ...codes(child(code, 'Subcode'))];
}

export interface DigestRequest extends Account {
  method: string;
  /** Path and query. */
  uri: string;
  /** The value of one WWW-Authenticate header. */
  challenge: string;
  /** How often this challenge has been used, this time included. */
  count?: number;
}

/** The Authorization header that answers a challenge (RFC 7616, qop=auth). */
export function digestAuthorization({ username, password, method, uri, challenge, count = 1 }: DigestRequest): string {
  const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(challenge)?.[1] ?? '';
  const [realm, nonce, opaque, algorithm] = [field('realm'), field('nonce'), field('opaque'), field('algorithm')];
  const hash = (text: string) =>
    createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const cnonce = randomBytes(8).toString('hex');
  const nc = count.toString(16).padStart(8, '0');
  const response = hash([hash(`${username}:${realm}:${password}`), nonce, nc, cnonce, 'auth', hash(`${method}:${uri}`)].join(':'));
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}", opaque="${opaque}"`;
}

/** The challenges of an answer, one an algorithm. */
export function challengesOf(headers: Headers): string[] {
  return (headers.get('www-authenticate') ?? '').split(/, (?=Digest )/).filter((challenge) => challenge !== '');
}
