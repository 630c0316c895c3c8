// One-time codes to claim a canteen with, made to be read out over the telephone, in Chinese as in English.
import { createHmac, randomInt } from 'node:crypto';
import type { EnrolmentStore } from '../stores/enrolment-store.ts';
import type { By } from './audit.ts';
import type { Authority } from './authority.ts';

export interface ClaimCode {
  code: string;
  expiresAt: string;
}

/** Digits, and letters that sound like no digit and like none of each other in either language. Sixteen: eight of them are 32 bits. */
const alphabet = '0123456789KMRWXY';
const length = 8;

/** Two groups of four, with a hyphen between them. */
export function newClaimCode(): string {
  const symbols = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${symbols.slice(0, length / 2)}-${symbols.slice(length / 2)}`;
}

/** As it was meant, however it was typed; undefined for what cannot have been a code. */
export function readClaimCode(typed: string): string | undefined {
  // No code has these letters; whoever writes one down has mistaken a digit for it.
  const meant = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (meant.length !== length || [...meant].some((symbol) => !alphabet.includes(symbol))) return undefined;
  return meant;
}

/** Ends the code the canteen had before. `by`: whom the audit names. */
export async function makeClaimCode(
  deps: { store: Pick<EnrolmentStore, 'addCode'>; authority: Pick<Authority, 'secretFor'>; now: () => number },
  { canteen, minutes, by }: { canteen: string; minutes: number; by: By },
): Promise<ClaimCode> {
  const { store, authority, now } = deps;
  const code = newClaimCode();
  const [createdAt, expiresAt] = [now(), now() + minutes * 60_000].map((at) => new Date(at).toISOString()) as [string, string];
  const entry = { at: now(), ...by, action: 'claim-code-made', subject: canteen, detail: { expiresAt } };
  await store.addCode({ hash: hashOfCode(authority, code), canteen, created_at: createdAt, expires_at: expiresAt }, entry);
  return { code, expiresAt };
}

/** What is kept of a code. Keyed, because whoever reads a stolen database could try all codes in a minute. */
export function hashOfCode({ secretFor }: Pick<Authority, 'secretFor'>, code: string): string {
  return createHmac('sha256', secretFor('claim codes')).update(code.replace('-', '')).digest('hex');
}
