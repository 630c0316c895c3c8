// Who this gateway is to the server: its key, its certificate and the authority behind both, in one file that changes whole or not at all.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../errors.ts';

/** PEM. */
export interface Identity {
  key: string;
  certificate: string;
  /** Whose certificate it is, and whose the server must show. */
  authority: string;
}

/** Beside the outbox. */
export function identityFile(dataDir: string): string {
  return join(dataDir, 'identity.pem');
}

/** Undefined where this gateway was never enrolled. Throws GatewayError `identity-unusable`. */
export function readIdentity(file: string): Identity | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw unusable(
      `${file} may be read or changed by others than its user (mode ${mode.toString(8)}), so anybody may pass for this gateway: ` +
        'ask for a new claim code and enrol it again, and whoever runs the server to revoke the old certificate',
    );
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g) ?? [];
  const [key, certificate, authority, ...more] = blocks.map((block) => `${block}\n`);
  if (key === undefined || certificate === undefined || authority === undefined || more.length > 0)
    throw unusable(`${file} is damaged: ask for a new claim code and enrol this gateway again`);
  return { key, certificate, authority };
}

/** On the disk, for this user's eyes only, when it returns. Throws GatewayError `identity-unusable`. */
export function writeIdentity(file: string, { key, certificate, authority }: Identity): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, [key, certificate, authority].map((pem) => `${pem.trim()}\n`).join(''), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    syncFolder(dirname(file));
  } catch (cause) {
    throw unusable(`${file} cannot be written: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

/** Who the certificate says this is, and when it counts. */
export function describeIdentity({ certificate }: Pick<Identity, 'certificate'>): {
  canteen: string | undefined;
  from: number;
  to: number;
} {
  const { subjectAltName, validFrom, validTo } = new X509Certificate(certificate);
  const [, canteen] = /^URI:urn:mingzao:canteen:(.+)$/.exec(subjectAltName ?? '') ?? [];
  return { canteen, from: Date.parse(validFrom), to: Date.parse(validTo) };
}

/** A sentence, where this cannot be this gateway's identity, whatever the time is. */
export function problemOfIdentity({ key, certificate, authority }: Identity): string | undefined {
  try {
    const [own, ca] = [new X509Certificate(certificate), new X509Certificate(authority)];
    if (!own.checkIssued(ca) || !own.verify(ca.publicKey)) return 'the certificate is not one of the authority that came with it';
    if (!own.checkPrivateKey(createPrivateKey(key))) return 'the certificate is for another key than the one made here';
    return describeIdentity({ certificate }).canteen === undefined ? 'the certificate names no canteen' : undefined;
  } catch (error) {
    return `what should be a certificate cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(`${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

/** Until then a new name may be lost with the power. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function unusable(sentence: string, cause?: unknown): GatewayError {
  return new GatewayError('identity-unusable', sentence, { cause });
}
