// Certificates for the tests: an authority of their own, and gateways with a key each, as enrolment would leave them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Authority, type Issued, openAuthority } from '../../server/identity/authority.ts';

export interface TestGateway extends Issued {
  key: string;
}

/** `clock.aheadMs`: how far the authority's clock is ahead of ours, so that it can issue what has expired by now. */
export async function testAuthority(clock: { aheadMs: number } = { aheadMs: 0 }): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return openAuthority({ folder: join(folder, 'authority'), now: () => Date.now() + clock.aheadMs });
}

/** Made by openssl, so that no library of ours is tested against itself. `about`: what openssl is to make a key of. */
export function requestFor(
  name: string,
  about: string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): { key: string; request: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  const [kind = 'ec', ...options] = about;
  const args = ['req', '-new', '-newkey', kind, ...options, '-nodes', '-subj', `/CN=${name}`, '-keyout', 'key.pem', '-out', 'request.pem'];
  try {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    return { key: readFileSync(join(folder, 'key.pem'), 'utf8'), request: readFileSync(join(folder, 'request.pem'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function issuedGateway(authority: Authority, canteen: string, days = 90): Promise<TestGateway> {
  const { key, request } = requestFor('whatever it calls itself');
  return { ...(await authority.issueGateway({ canteen, request, days })), key };
}
