// Secrets that are given out once: sessions, tokens, one-time links. The server keeps only what they hash to.
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits of chance in 43 characters that stand in any URL or header. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** With so much chance in the secret a plain SHA-256 cannot be guessed back. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
