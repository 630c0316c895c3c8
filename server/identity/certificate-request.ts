// Reads a certificate request (PKCS #10): proof that whoever sends it holds the key it is about. Nothing else in it is believed.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { ServerError } from '../errors.ts';

const lengthMax = 8192;
const allowed = 'allowed: ECDSA on P-256 or P-384, or RSA of 2048 to 4096 bits';

/** The public key of `request` (PEM), as DER. Throws ServerError `invalid-request`. */
export async function requestedKey(request: string): Promise<Buffer> {
  const { signed, key } = await read(request);
  if (!signed) throw invalid('the certificate request is not signed by the key it is about');
  if (!isStrong(key)) throw invalid(`the certificate request is about a key of another kind; ${allowed}`);
  return key.export({ type: 'spki', format: 'der' });
}

async function read(request: string): Promise<{ signed: boolean; key: KeyObject }> {
  if (request.length > lengthMax) throw invalid(`the certificate request is longer than ${lengthMax} characters`);
  try {
    const parsed = new Pkcs10CertificateRequest(request);
    const key = createPublicKey({ key: Buffer.from(parsed.publicKey.rawData), type: 'spki', format: 'der' });
    return { key, signed: isStrong(key) ? await parsed.verify() : true };
  } catch (cause) {
    throw invalid('it is no certificate request (PKCS #10, in PEM)', cause);
  }
}

function isStrong({ asymmetricKeyType: kind, asymmetricKeyDetails: { namedCurve, modulusLength = 0 } = {} }: KeyObject): boolean {
  if (kind === 'ec') return namedCurve === 'prime256v1' || namedCurve === 'secp384r1';
  return kind === 'rsa' && modulusLength >= 2048 && modulusLength <= 4096;
}

function invalid(sentence: string, cause?: unknown): ServerError {
  return new ServerError('invalid-request', sentence, { cause });
}
