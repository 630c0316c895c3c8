// Makes a key pair of the kind that everything of ours signs with: ECDSA on P-256.
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

export async function makeSigningKey(): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  return generate('ec', { namedCurve: 'P-256' });
}
