// Makes a key, and the request for its certificate. Loaded only when it is needed: the library is large, and needed once in two months.
import 'reflect-metadata'; // the certificate library will not load without it
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Both PEM. The request names nobody: who this is, the server knows by the code or the connection. */
export async function makeCertificateRequest(): Promise<{ key: string; request: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const keys = { privateKey: privateKey.toCryptoKey(ecdsa, false, ['sign']), publicKey: publicKey.toCryptoKey(ecdsa, true, ['verify']) };
  const request = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=gateway', keys, signingAlgorithm: ecdsa });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), request: request.toString('pem') };
}
