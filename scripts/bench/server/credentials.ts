// An authority and certificates of so many gateways, as enrolment leaves them; one key serves them all, because making thousands is not what is measured.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuthority } from '../../../server/identity/authority.ts';
import { openDatabase } from '../../../server/stores/database.ts';

export interface Credentials {
  /** PEM: whom gateways trust. */
  authority: string;
  /** PEM, of every gateway. */
  key: string;
  /** PEM, by canteen. */
  certificates: Record<string, string>;
  /** What a broker on this machine shows, PEM. */
  server: { key: string; cert: string };
  /** Puts authority and certificates where a server that keeps its data in `dataDir` finds them. */
  enrol(dataDir: string, canteens: string[]): Promise<void>;
}

const days = 90;

export async function issueCredentials(folder: string, canteens: string[]): Promise<Credentials> {
  const now = Date.now;
  const authorityFolder = join(folder, 'authority');
  const authority = await openAuthority({ folder: authorityFolder, now });
  const { key, request } = makeRequest(folder);
  const issued = new Map<string, Awaited<ReturnType<typeof authority.issueGateway>>>();
  for (const canteen of canteens) issued.set(canteen, await authority.issueGateway({ canteen, request, days }));
  const shown = await authority.issueServer({ names: ['localhost', '127.0.0.1'], days });
  return {
    ...{ authority: authority.certificate, key, server: { key: shown.key, cert: shown.certificate } },
    certificates: Object.fromEntries([...issued].map(([canteen, { certificate }]) => [canteen, certificate])),
    enrol: async (dataDir, some) => {
      cpSync(authorityFolder, join(dataDir, 'authority'), { recursive: true });
      const database = await openDatabase(`sqlite:${join(dataDir, 'state.db')}`, undefined);
      const at = new Date(now()).toISOString();
      const rows = some.flatMap((canteen) => {
        const { serial, fingerprint, notBefore, notAfter } = issued.get(canteen) ?? {};
        if (serial === undefined || fingerprint === undefined || notBefore === undefined || notAfter === undefined) return [];
        const valid = { not_before: new Date(notBefore).toISOString(), not_after: new Date(notAfter).toISOString() };
        return [
          { serial, canteen, fingerprint, ...valid, issued_at: at, used_at: at, revoked_at: null, revoked_why: null, replaced_by: null },
        ];
      });
      for (let start = 0; start < rows.length; start += 500)
        await database
          .insertInto('certificates')
          .values(rows.slice(start, start + 500))
          .execute();
      await database.destroy();
    },
  };
}

function makeRequest(folder: string): { key: string; request: string } {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=load'];
  execFileSync('openssl', ['req', '-new', ...kind, '-keyout', 'key.pem', '-out', 'request.pem'], { cwd: folder, stdio: 'ignore' });
  return { key: readFileSync(join(folder, 'key.pem'), 'utf8'), request: readFileSync(join(folder, 'request.pem'), 'utf8') };
}
