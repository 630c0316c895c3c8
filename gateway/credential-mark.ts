// A mark by which credentials are known again that nobody can read off it.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

export interface Credentials {
  username: string;
  password: string;
}

/** Another one each time, also of the same credentials. */
export function markOf(credentials: Credentials): string {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${derived(credentials, salt).toString('hex')}`;
}

export function isMarkOf(mark: string, credentials: Credentials): boolean {
  const [salt = '', hash = ''] = mark.split(':');
  const expected = Buffer.from(hash, 'hex');
  return expected.length === markBytes && timingSafeEqual(expected, derived(credentials, Buffer.from(salt, 'hex')));
}

const markBytes = 32;

function derived({ username, password }: Credentials, salt: Buffer): Buffer {
  return scryptSync(JSON.stringify([username, password]), salt, markBytes);
}
