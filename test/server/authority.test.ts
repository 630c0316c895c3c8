// The certificate authority: what it makes is read by openssl, and what it must not sign it does not.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openAuthority } from '../../server/identity/authority.ts';
import { canteenNamed } from '../../server/identity/gateway-certificate.ts';
import { issuedGateway, requestFor, testAuthority } from './gateway-certificates.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const now = Date.now;
const hourMs = 3_600_000;

describe('the authority', () => {
  test('is made at the first start, for its user’s eyes only, and is the same ever after', async () => {
    const folder = join(newFolder(), 'authority');
    const first = await openAuthority({ folder, now });
    const again = await openAuthority({ folder, now });
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(again.secretFor('a')).toEqual(first.secretFor('a'));
    expect(again.secretFor('a')).not.toEqual(first.secretFor('b'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'authority-key.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual(['authority-key.pem', 'authority.pem']);
    const openssl = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256', '-in', join(folder, 'authority.pem')]);
    expect(String(openssl)).toContain(first.fingerprint);
  });

  test('made by several servers on one folder at once is one', async () => {
    const folder = join(newFolder(), 'authority');
    const opened = await Promise.all([1, 2, 3, 4].map(() => openAuthority({ folder, now })));
    expect(new Set(opened.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  test.each([0o640, 0o604, 0o620])('whose key has mode %o is refused, with what to do', async (mode) => {
    const folder = newFolder();
    await openAuthority({ folder, now });
    chmodSync(join(folder, 'authority-key.pem'), mode);
    await expect(openAuthority({ folder, now })).rejects.toMatchObject({
      code: 'authority-unusable',
      message: expect.stringMatching(/authority-key\.pem may be read or changed by others .*chmod 600/),
    });
  });

  test('whose key and certificate do not belong together, or are none, is refused', async () => {
    const [one, other] = [newFolder(), newFolder()];
    await openAuthority({ folder: one, now });
    await openAuthority({ folder: other, now });
    copyFileSync(join(other, 'authority.pem'), join(one, 'authority.pem'));
    await expect(openAuthority({ folder: one, now })).rejects.toThrow(/is not the certificate of the key/);
    writeFileSync(join(one, 'authority-key.pem'), 'rubbish');
    await expect(openAuthority({ folder: one, now })).rejects.toMatchObject({ code: 'authority-unusable' });
  });
});

describe('a gateway’s certificate', () => {
  test('is for exactly one canteen and for a client only, whatever was asked for', async () => {
    const authority = await testAuthority();
    const issued = await issuedGateway(authority, 'qiaodong', 90);
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe('O=Mingzao\nCN=qiaodong');
    expect(canteenNamed(certificate)).toBe('qiaodong');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(issued.notAfter - Date.now()).toBeGreaterThan(89.9 * 24 * hourMs);
    expect(issued.notAfter - Date.now()).toBeLessThanOrEqual(90 * 24 * hourMs);
    expect(issued.notBefore).toBeLessThan(Date.now() - 0.9 * hourMs);
  });

  test('has a serial number of its own', async () => {
    const authority = await testAuthority();
    const { request } = requestFor('x');
    const serials = await Promise.all(
      Array.from({ length: 20 }, async () => (await authority.issueGateway({ canteen: 'a', request, days: 1 })).serial),
    );
    expect(new Set(serials).size).toBe(20);
    expect(serials.every((serial) => /^[0-9A-F]{32}$/.test(serial))).toBe(true);
  });

  test('is found good by openssl, and bad once it is on the revocation list', async () => {
    const authority = await testAuthority();
    const [good, revoked] = [await issuedGateway(authority, 'qiaodong'), await issuedGateway(authority, 'heping')];
    const folder = newFolder();
    const list = await authority.revocationList([{ serial: revoked.serial, at: Date.now() }]);
    for (const [name, pem] of Object.entries({ ca: authority.certificate, list, good: good.certificate, revoked: revoked.certificate }))
      writeFileSync(join(folder, `${name}.pem`), pem);
    const verify = (name: string) => {
      const args = ['verify', '-purpose', 'sslclient', '-crl_check', '-CAfile', 'ca.pem', '-CRLfile', 'list.pem', `${name}.pem`];
      try {
        return String(execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }));
      } catch (error) {
        return String((error as { stderr: Buffer }).stderr);
      }
    };
    expect(verify('good')).toContain('good.pem: OK');
    expect(verify('revoked')).toContain('certificate revoked');
    writeFileSync(join(folder, 'list.pem'), await authority.revocationList([]));
    expect(verify('revoked')).toContain('revoked.pem: OK');
  });

  test.each<[string, string[]]>([
    ['RSA of 2048 bits', ['rsa:2048']],
    ['ECDSA on P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('is made for a key of %s', async (_, about) => {
    const authority = await testAuthority();
    const { request } = requestFor('x', about);
    await expect(authority.issueGateway({ canteen: 'qiaodong', request, days: 1 })).resolves.toMatchObject({
      fingerprint: expect.any(String),
    });
  });

  test.each<[string, string[]]>([
    ['RSA of 1024 bits', ['rsa:1024']],
    ['ECDSA on P-521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['Ed25519', ['ed25519']],
  ])('is not made for a key of %s', async (_, about) => {
    const authority = await testAuthority();
    const { request } = requestFor('x', about);
    await expect(authority.issueGateway({ canteen: 'qiaodong', request, days: 1 })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('allowed: ECDSA on P-256'),
    });
  });

  test('is not made for a request that its key has not signed, or that is none', async () => {
    const authority = await testAuthority();
    const der = Buffer.from(requestFor('x').request.replace(/-----.*-----|\n/g, ''), 'base64');
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    for (const request of [forged, '', 'rubbish', authority.certificate, 'A'.repeat(100_000), forged.slice(0, 200)])
      await expect(authority.issueGateway({ canteen: 'qiaodong', request, days: 1 })).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

test('a server’s certificate names its host names and addresses, and brings the authority’s with it', async () => {
  const authority = await testAuthority();
  const names = ['mingzao.example.org', '10.0.0.5', '::1'];
  const { certificate, key } = await authority.issueServer({ names, days: 90 });
  const read = new X509Certificate(certificate);
  expect([read.checkHost('mingzao.example.org'), read.checkIP('10.0.0.5'), read.checkIP('::1')]).toEqual(names);
  expect(read.checkHost('elsewhere.example.org')).toBeUndefined();
  expect(certificate.endsWith(authority.certificate)).toBe(true);
  expect(key).toContain('BEGIN PRIVATE KEY');
  expect(canteenNamed(read)).toBeUndefined();
});

test('no key of the authority stands in what it tells', async () => {
  const folder = newFolder();
  const authority = await openAuthority({ folder, now });
  const key = readFileSync(join(folder, 'authority-key.pem'), 'utf8').split('\n')[1] ?? '';
  expect(key.length).toBeGreaterThan(40);
  expect(JSON.stringify({ ...authority, ...(await authority.issueServer({ names: ['x'], days: 1 })) })).not.toContain(key);
});
