// The throw-away accounts of a district on this machine, made as people come to be in earnest: by the first link and by invitations, over HTTP.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Grant } from '#contract/people.ts';
import { type Account, firstAdministrator, invited } from '../../test/signed-in.ts';

export interface DistrictAccount extends Account {
  grant: Grant;
}

/**
 * Those in `file`, or, where there is none yet, new ones, which are kept there for this user's eyes. `link` gives the link of the first administrator, where the
 * server offers one. Rejects with a sentence.
 */
export async function districtAccounts(about: {
  file: string;
  url: string;
  link: Promise<string> | undefined;
  canteen: string;
}): Promise<DistrictAccount[]> {
  const { file, url, link, canteen } = about;
  if (link === undefined) return known(file);
  const accounts = newAccounts(canteen);
  // Before the server knows them: what it knows can then always be found here.
  writeFileSync(file, JSON.stringify(accounts, null, 2), { mode: 0o600 });
  const [first, ...others] = accounts;
  const administrator = await firstAdministrator(await link, first);
  for (const { name, password, grant } of others) await invited(administrator, { address: url, name, password, grants: [grant] });
  return accounts;
}

function known(file: string): DistrictAccount[] {
  if (!existsSync(file)) throw new Error(`the passwords of this district are gone with ${file}; choose another folder with --data-dir`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function newAccounts(canteen: string): [DistrictAccount, ...DistrictAccount[]] {
  const account = (name: string, grant: Grant) => ({ name, password: randomBytes(12).toString('base64url'), grant });
  const all = { kind: 'all' } as const;
  return [
    account('管理员', { role: 'administrator', scope: all }),
    account('监管员', { role: 'regulator', scope: all }),
    account('验收员', { role: 'inspector', scope: all }),
    account('经营者', { role: 'operator', scope: { kind: 'canteens', canteens: [canteen] } }),
  ];
}
