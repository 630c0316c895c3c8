// Gives a broker outside what it needs to know enrolled gateways, and they it: a certificate of our authority, and the authority itself.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../errors.ts';
import { openAuthority } from './authority.ts';

/** As long as browsers take one for; it is asked for anew before that, by the same command. */
const lifeDays = 397;

/** Writes authority.pem, server.pem and server-key.pem into `folder`. Throws ServerError. */
export async function writeBrokerCertificate(
  { folder, names }: { folder: string; names: string[] },
  { authorityFolder, say, now }: { authorityFolder: string; say: (line: string) => void; now: () => number },
): Promise<void> {
  const authority = await openAuthority({ folder: authorityFolder, now });
  const { certificate, key, notAfter } = await authority.issueServer({ names, days: lifeDays });
  try {
    // The broker may be another user.
    if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o755);
    for (const [name, pem] of Object.entries({ 'authority.pem': authority.certificate, 'server.pem': certificate })) {
      writeFileSync(join(folder, name), pem);
      chmodSync(join(folder, name), 0o644);
    }
    writeFileSync(join(folder, 'server-key.pem'), key, { mode: 0o600 });
  } catch (cause) {
    throw new ServerError('authority-unusable', `${folder} cannot be written: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  say(
    `${folder} holds authority.pem, server.pem and server-key.pem for ${names.join(', ')}, good until ${new Date(notAfter).toISOString()}`,
  );
  say(`what the broker has to refuse is in ${join(authorityFolder, 'crl.pem')}, which changes: let it read that anew every few minutes`);
}
