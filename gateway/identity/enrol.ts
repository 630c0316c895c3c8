// Claims a canteen: makes a key here, has it certified by the server, and believes nothing that the fingerprint does not vouch for.
import { X509Certificate } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { type Static, Type } from 'typebox';
import { isLoopback } from '#config/loopback.ts';
import { validator } from '#config/validate.ts';
import { Identifier, Instant } from '#contract/primitives.ts';
import { GatewayError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { makeCertificateRequest } from './certificate-request.ts';
import { describeIdentity, type Identity, problemOfIdentity } from './identity-file.ts';

export interface Enrolled {
  canteen: string;
  identity: Identity;
  /** Where this gateway is to report, as far as the server knows: mqtts://host:port */
  mqttUrl: string | undefined;
}

const Answer = Type.Object({
  canteen: Identifier,
  certificate: Type.String({ maxLength: 8192 }),
  authority: Type.String({ maxLength: 8192 }),
  at: Instant,
  mqttPort: Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.Null()]),
});
type Answer = Static<typeof Answer>;
const Refusal = Type.Object({ error: Type.String(), message: Type.String() });
const [checkAnswer, checkRefusal] = [validator(Answer), validator(Refusal)];

const answerBytesMax = 65_536;
/** Beyond this the two clocks do not merely differ. */
const clockMayDifferMs = 300_000;

/**
 * `server`: https://host:port, or http:// on this machine. `fingerprint`: SHA-256 of the server's authority, as `readFingerprint` gives it. `canteen`: whom
 * the settings of this gateway name, if any. Throws GatewayError `enrolment-failed` with what to do.
 */
export async function enrol(about: {
  server: URL;
  code: string;
  fingerprint: string;
  canteen: string | undefined;
  signal: AbortSignal;
  now: () => number;
}): Promise<Enrolled> {
  const { server, code, fingerprint, canteen, signal, now } = about;
  const ca = server.protocol === 'https:' ? await authorityShown(server, fingerprint, signal) : undefined;
  const { key, request } = await makeCertificateRequest();
  const answer = await post(server, { code, request, ...(canteen !== undefined && { canteen }) }, { ca, signal });
  const identity = { key, certificate: answer.certificate, authority: answer.authority };
  if (fingerprintOf(identity.authority) !== fingerprint)
    throw failed(
      `${server.origin} has another authority than the one of the fingerprint: nothing was kept. Compare the fingerprint once more`,
    );
  const problem = problemOfIdentity(identity);
  if (problem !== undefined) throw failed(`${server.origin} answered with something else than was asked for: ${problem}`);
  const { canteen: named, from, to } = describeIdentity(identity);
  if (named !== answer.canteen || (canteen !== undefined && named !== canteen))
    throw failed(`the certificate is for the canteen "${named}", which is not the one asked for`);
  if (now() < from || now() >= to || Math.abs(now() - Date.parse(answer.at)) > clockMayDifferMs)
    throw failed(
      `the clock of this machine says ${new Date(now()).toISOString()} and that of the server ${answer.at}: set the clock, and ask for a new code`,
    );
  const mqttUrl = answer.mqttPort === null ? undefined : `mqtts://${server.hostname}:${answer.mqttPort}`;
  return { canteen: named, identity, mqttUrl };
}

/** 64 hex digits, with or without colons, in either case; undefined for anything else. Gives them as openssl prints them. */
export function readFingerprint(text: string): string | undefined {
  const digits = text.replaceAll(':', '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : undefined;
}

/** An https address, or an http one of this machine; undefined for anything else. */
export function readServer(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.pathname !== '/') return undefined;
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  return undefined;
}

/** The authority of that fingerprint, if the server shows it; undefined where it shows another one, which then has to be one this machine trusts. */
function authorityShown({ hostname, port, origin }: URL, fingerprint: string, signal: AbortSignal): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    // Nothing is said on this connection: it only looks whom the other side claims to be.
    const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, servername: isIP(host) === 0 ? host : '' }, () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      socket.destroy();
      resolve(chain.find((pem) => fingerprintOf(pem) === fingerprint));
    });
    const giveUp = (why: string) => {
      socket.destroy();
      reject(failed(`${origin} cannot be reached: ${why}`));
    };
    socket.once('error', ({ message }) => giveUp(message));
    signal.addEventListener('abort', () => giveUp('it did not answer in time'), { once: true });
  });
}

function chainOf(first: DetailedPeerCertificate): string[] {
  const chain: string[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  for (let one: DetailedPeerCertificate | undefined = first; one?.raw !== undefined && !seen.has(one); one = one.issuerCertificate) {
    seen.add(one);
    chain.push(new X509Certificate(one.raw).toString());
  }
  return chain;
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return undefined;
  }
}

function post(server: URL, body: object, { ca, signal }: { ca: string | undefined; signal: AbortSignal }): Promise<Answer> {
  const send = server.protocol === 'https:' ? requestHttps : requestHttp;
  const payload = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'x-mingzao': '1', 'content-length': Buffer.byteLength(payload) };
  const options = { method: 'POST', headers, signal, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) } as const;
  return new Promise((resolve, reject) => {
    const asking = send(new URL('/api/enrol', server), options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) asking.destroy(new Error('its answer is too long'));
        else chunks.push(chunk);
      });
      response.once('error', (error) => reject(unreachable(server, error, ca)));
      response.once('end', () => {
        try {
          resolve(read(server, response.statusCode ?? 0, Buffer.concat(chunks)));
        } catch (error) {
          reject(error);
        }
      });
    });
    asking.once('error', (error) => reject(unreachable(server, error, ca)));
    asking.end(payload);
  });
}

function read({ origin }: URL, status: number, bytes: Buffer): Answer {
  const value = parseJson(bytes);
  const refusal = checkRefusal(value);
  if (status !== 200 && refusal.ok) throw failed(refusal.value.message);
  const checked = checkAnswer(value);
  if (!checked.ok) throw failed(`${origin} does not answer like a server of Mingzao (status ${status}): ${checked.problem}`);
  return checked.value;
}

const clockTroubles = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'];

function unreachable({ origin, hostname }: URL, error: Error, ca: string | undefined): GatewayError {
  const code = 'code' in error ? String(error.code) : '';
  if (clockTroubles.includes(code))
    return failed(
      `the certificate of ${origin} is of another time: is the clock of this machine right? It says ${new Date().toISOString()}`,
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return failed(
      `the certificate of ${origin} is not for "${hostname}": use a name it has, or add this one to authority.names at the server`,
    );
  if (ca === undefined && origin.startsWith('https:') && /CERT|SIGNED|ISSUER/.test(code))
    return failed(
      `${origin} does not show the authority of this fingerprint, nor a certificate this machine trusts (${code}): it may be somebody else. ` +
        'Compare address and fingerprint with those that came with the code',
    );
  return failed(`${origin} cannot be reached: ${error.message}`, error);
}

function failed(sentence: string, cause?: unknown): GatewayError {
  return new GatewayError('enrolment-failed', sentence, { cause });
}
