// Keeps crl.pem, beside the authority, as what a broker outside has to refuse; written anew at every change, and before it is out of date.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from './authority.ts';

const listFile = 'crl.pem';
/** Well within the time a list is valid. */
const rewriteAfterMs = 86_400_000;

export function keepRevocationList({ folder, authority, now }: { folder: string; authority: Authority; now: () => number }) {
  let written: { serials: string; at: number } | undefined;
  /** Of all that are revoked and not yet expired. */
  return async (revoked: { serial: string; at: number }[]): Promise<void> => {
    const serials = revoked.map(({ serial }) => serial).join(' ');
    if (written?.serials === serials && now() - written.at < rewriteAfterMs) return;
    const part = join(folder, `${listFile}.part`);
    writeFileSync(part, await authority.revocationList(revoked), { mode: 0o644 });
    renameSync(part, join(folder, listFile));
    written = { serials, at: now() };
  };
}
