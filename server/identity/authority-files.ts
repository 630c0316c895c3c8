// Keeps the authority's key and certificate in a folder that only the server's own user may look into.
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../errors.ts';
import { makeSigningKey } from './signing-key.ts';

interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

const authorityKeyFile = 'authority-key.pem';
const authorityFile = 'authority.pem';

/** What is in `folder`, or is made there now. Several servers may start on one folder at once. Throws ServerError `authority-unusable`. */
export async function keepAuthority(
  folder: string,
  makeCertificate: (key: KeyPair) => Promise<string>,
): Promise<{ key: KeyObject; certificate: string }> {
  const keyFile = join(folder, authorityKeyFile);
  const certificateFile = join(folder, authorityFile);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(keyFile)) {
      const { privateKey: made } = await makeSigningKey();
      writeOnce(keyFile, made.export({ type: 'pkcs8', format: 'pem' }).toString());
    }
    refuseReadable(keyFile);
    const key = createPrivateKey(readFileSync(keyFile));
    const publicKey = createPublicKey(key);
    if (!existsSync(certificateFile)) writeOnce(certificateFile, await makeCertificate({ privateKey: key, publicKey }));
    const certificate = readFileSync(certificateFile, 'utf8');
    if (!new X509Certificate(certificate).checkPrivateKey(key))
      throw unusable(`${certificateFile} is not the certificate of the key in ${keyFile}; put back the two that belong together`);
    return { key, certificate };
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    throw unusable(`the certificate authority in ${folder} cannot be used: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

/** Whole or not at all, and never over what is there: of several that try, the first one's stays. */
function writeOnce(file: string, content: string): void {
  const part = `${file}.${crypto.randomUUID()}.part`;
  try {
    writeFileSync(part, content, { mode: 0o600, flush: true });
    linkSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Whoever has this key can be any canteen. */
function refuseReadable(file: string): void {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw unusable(
    `${file} may be read or changed by others than its user (mode ${mode.toString(8)}), so anybody may have made certificates with it. ` +
      `If nobody has: chmod 600 ${file}. If in doubt, move the whole folder away: a new authority is made, and every gateway has to be enrolled again.`,
  );
}

function unusable(sentence: string, cause?: unknown): ServerError {
  return new ServerError('authority-unusable', sentence, { cause });
}
