// The second factor: six digits that change every half minute (TOTP, RFC 6238), each of which counts once.
import { Secret, TOTP } from 'otpauth';

const digits = 6;
const periodSeconds = 30;
/** Clocks of telephones are off by a few seconds, and people type slowly. */
const window = 1;

export function newFactorSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** What an authenticator reads from a QR code. */
export function factorUri(secret: string, name: string): string {
  return totp(secret, name).toString();
}

/** The period a right code is of, or `undefined`. One of a period that was used before must not be taken again. */
export function periodOf(code: string, about: { secret: string; now: number }): number | undefined {
  const delta = totp(about.secret).validate({ token: code, timestamp: about.now, window });
  return delta === null ? undefined : Math.floor(about.now / 1000 / periodSeconds) + delta;
}

function totp(secret: string, label = ''): TOTP {
  return new TOTP({ issuer: 'Mingzao', label, algorithm: 'SHA1', digits, period: periodSeconds, secret: Secret.fromBase32(secret) });
}
