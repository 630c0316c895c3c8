// Keeps crl.pem, beside the authority, as what a broker outside has to refuse; written anew at every change, and before it is out of date.
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Authority, Revoked } from './authority.ts';

const listFile = 'crl.pem';
/** Well within the time a list is valid. */
const rewriteAfterMs = 86_400_000;
/** Longer than any gateway's certificate is valid: what was revoked before has expired. */
const keptMs = 826 * 86_400_000;

export interface RevocationList {
  /** What it held when the server started. A database restored from an older copy may know nothing of it. */
  readonly before: Revoked[];
  /** `revoked`: all that are, and have not expired. Never rejects: what counts is in the database, and the file is tried again. */
  write(revoked: Revoked[]): Promise<void>;
}

/** Throws ServerError `authority-unusable` where there is a list that is none. */
export function openRevocationList(deps: { folder: string; authority: Authority; log: Logger; now: () => number }): RevocationList {
  const { folder, authority, log, now } = deps;
  const file = join(folder, listFile);
  const before = existsSync(file) ? authority.readRevocationList(readFileSync(file, 'utf8')).filter(({ at }) => at > now() - keptMs) : [];
  let written: { serials: string; at: number } | undefined;
  let failing = false;
  return {
    before,
    write: async (revoked) => {
      const all = [...new Map([...before, ...revoked].map((one) => [one.serial, one])).values()];
      const serials = all.map(({ serial }) => serial).join(' ');
      if (written?.serials === serials && now() - written.at < rewriteAfterMs) return;
      try {
        writeFileSync(`${file}.part`, await authority.revocationList(all));
        chmodSync(`${file}.part`, 0o644); // a broker of another user reads it
        renameSync(`${file}.part`, file);
        written = { serials, at: now() };
        failing = false;
      } catch (err) {
        if (!failing)
          log.error({ err, file }, 'the revocation list cannot be written: a broker outside goes on letting in what was revoked');
        failing = true;
      }
    },
  };
}
