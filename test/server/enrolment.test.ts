// Claim codes and certificates by a clock that the test moves: what a code opens, and what counts when; also with two servers on one database.
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Session } from '../../server/broker.ts';
import { openAuthority } from '../../server/identity/authority.ts';
import { newClaimCode, readClaimCode } from '../../server/identity/claim-codes.ts';
import { type Enrolment, openEnrolment } from '../../server/identity/enrolment.ts';
import { createGuessLimit } from '../../server/identity/guess-limit.ts';
import { openRevocationList } from '../../server/identity/revocation-list.ts';
import { auditStore } from '../../server/stores/audit-store.ts';
import { openDatabase } from '../../server/stores/database.ts';
import { enrolmentStore } from '../../server/stores/enrolment-store.ts';
import { silent } from './app-parts.ts';
import { requestFor } from './gateway-certificates.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const from = '10.0.0.9';
const by = { who: '管理员', from };
const { request } = requestFor('x');

type Address = () => Promise<{ url: string; password?: string }>;
const engines: [[string, Address], [string, Address]] = [
  ['SQLite', async () => ({ url: 'sqlite::memory:' })],
  ['PostgreSQL', () => postgres.createDatabase()],
];
let postgres: RunningPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** Two servers on one database and one authority; the second knows what the first did once it has looked. */
async function openTwo(address: Address) {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const { url, password } = await address();
  const database = await openDatabase(url, password, url.startsWith('postgres:') ? 'shared' : 'alone');
  onTestFinished(() => database.destroy());
  const audit = auditStore(database);
  const authority = await openAuthority({ folder, now });
  const open = async () => {
    const supervised = new Set(['settled']);
    const ended: string[] = [];
    const releasing = { fails: false };
    let looks = 0;
    const sessions: Session[] = [];
    const list = openRevocationList({ folder, authority, log: silent, now });
    let revoked: string[] = [];
    const enrolment = await openEnrolment({
      ...{
        authority,
        store: enrolmentStore(database, audit.noted),
        settled: ['settled'],
        registered: [],
        gatewayDays: 90,
        log: silent,
        now,
      },
      canteens: {
        supervise: async ({ id }) => void supervised.add(id),
        release: async (id) => {
          if (releasing.fails) throw new Error('the state cannot be written');
          supervised.delete(id);
        },
      },
      revokedBefore: list.before.map(({ serial }) => serial),
      guesses: createGuessLimit({ now }),
      onLook: async (found) => {
        looks += 1;
        await list.write(found.revoked);
        revoked = found.revoked.map(({ serial }) => serial);
        for (const session of sessions) {
          const why = found.over(session);
          if (why !== undefined) ended.push(why);
        }
      },
    });
    return { enrolment, supervised, ended, sessions, releasing, revoked: () => revoked, looks: () => looks };
  };
  const [one, two] = [await open(), await open()];
  await one.enrolment.create({ id: 'qiaodong', name: '桥东社区食堂', district: '迎泽区' }, by);
  await two.enrolment.refresh();
  return { clock, authority, folder, database, audit, open, one, two };
}

async function enrolled(enrolment: Enrolment, canteen = 'qiaodong'): Promise<X509Certificate> {
  const { code } = await enrolment.makeCode({ canteen: canteen, minutes: 30, by });
  return new X509Certificate((await enrolment.enrol({ code, request, from })).certificate);
}

describe('a claim code', () => {
  test('has two groups of four, of signs that are not mistaken for one another', () => {
    const codes = Array.from({ length: 500 }, newClaimCode);
    for (const code of codes) expect(code).toMatch(/^[0-9KMRWXY]{4}-[0-9KMRWXY]{4}$/);
    expect(new Set(codes).size).toBe(500);
    expect(new Set(codes.join('')).size).toBe(17);
  });

  test.each([
    ['7k2m-90xw', '7K2M90XW'],
    [' 7K2M 90XW ', '7K2M90XW'],
    ['7K2MOIlW', '7K2M011W'],
    ['7K2M-90X', undefined],
    ['7K2M-90XWW', undefined],
    ['7K2M-90XA', undefined],
    ['', undefined],
  ])('typed as "%s" is read as %s', (typed, meant) => {
    expect(readClaimCode(typed)).toBe(meant);
  });
});

describe.each(engines)('with %s, a claim code', (_, address) => {
  test('opens one canteen once, and says what is wrong with it afterwards, on either server', async () => {
    const { one, two } = await openTwo(address);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    await expect(two.enrolment.enrol({ code, request, canteen: 'heping', from })).rejects.toThrow(
      /for the canteen "qiaodong".*say "heping"/,
    );
    await expect(two.enrolment.enrol({ code, request: 'none', from })).rejects.toMatchObject({ code: 'invalid-request' });
    expect(await two.enrolment.enrol({ code, request, from })).toMatchObject({ canteen: 'qiaodong' });
    await expect(one.enrolment.enrol({ code, request, from })).rejects.toThrow(/was used already/);
  });

  test('tried twice at the same moment opens once', async () => {
    const { one, two } = await openTwo(address);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    const tries = await Promise.allSettled([one, two, one, two].map(({ enrolment }) => enrolment.enrol({ code, request, from })));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one.enrolment.certificates()).toHaveLength(1);
  });

  test('ends when its time is over, and when a newer one is made', async () => {
    const { clock, one } = await openTwo(address);
    const first = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    const second = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    await expect(one.enrolment.enrol({ code: first.code, request, from })).rejects.toThrow(/no such code/);
    clock.now += 31 * minuteMs;
    await expect(one.enrolment.enrol({ code: second.code, request, from })).rejects.toThrow(/expired at/);
  });

  test('is kept only as a hash that needs the authority’s key', async () => {
    const { one, database } = await openTwo(address);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    const rows = await database.selectFrom('claim_codes').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(code.slice(0, 4) + code.slice(5));
    expect(rows[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is guessed no more often by many guesses at once than by as many in turn', async () => {
    const { one } = await openTwo(address);
    const guesses = Array.from({ length: 30 }, (_, index) => `${String(index).padStart(4, '0')}-0000`);
    const tries = await Promise.allSettled(guesses.map((code) => one.enrolment.enrol({ code, request, from })));
    const codes = tries.map((each) => (each.status === 'rejected' ? each.reason.code : 'enrolled'));
    expect(codes.filter((code) => code === 'code-refused')).toHaveLength(10);
    expect(codes.filter((code) => code === 'too-many-guesses')).toHaveLength(20);
  });

  test('cannot be guessed: after ten wrong ones from an address, or a hundred from all, none is looked at for a while', async () => {
    const { clock, one } = await openTwo(address);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 60, by });
    const guess = (address: string) => one.enrolment.enrol({ code: '0000-0000', request, from: address });
    for (let tries = 0; tries < 10; tries++) await expect(guess('10.0.0.1')).rejects.toMatchObject({ code: 'code-refused' });
    await expect(one.enrolment.enrol({ code, request, from: '10.0.0.1' })).rejects.toMatchObject({
      code: 'too-many-guesses',
      message: expect.stringMatching(/for the next 600 seconds/),
    });
    for (let tries = 0; tries < 90; tries++) await expect(guess(`10.1.0.${tries}`)).rejects.toMatchObject({ code: 'code-refused' });
    await expect(one.enrolment.enrol({ code, request, from: '10.0.0.2' })).rejects.toMatchObject({ code: 'too-many-guesses' });
    clock.now += 10 * minuteMs + 1;
    expect(await one.enrolment.enrol({ code, request, from: '10.0.0.1' })).toMatchObject({ canteen: 'qiaodong' });
  });
});

describe.each(engines)('with %s, a certificate', (_, address) => {
  test('counts on both servers until it is revoked on one; the other ends its session at its next look', async () => {
    const { one, two } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    const admission = await two.enrolment.admit(certificate);
    expect(admission).toMatchObject({ kind: 'admitted', canteen: 'qiaodong' });
    two.sessions.push({ canteen: 'qiaodong', serial: certificate.serialNumber, from, notAfter: Date.parse(certificate.validTo) });
    await one.enrolment.revoke(certificate.serialNumber, by);
    expect(two.ended).toEqual([]);
    await two.enrolment.refresh();
    expect(two.ended).toEqual(['its certificate was revoked']);
    expect(two.revoked()).toEqual([certificate.serialNumber]);
    expect(await two.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its certificate was revoked' });
    expect(two.enrolment.refuses('qiaodong')).toBe('its certificate was revoked');
  });

  test('that is revoked takes every other of its canteen with it, and the code that is open: whoever holds one has no way on', async () => {
    const { clock, one, two, audit } = await openTwo(address);
    const stolen = await enrolled(one.enrolment);
    await one.enrolment.admit(stolen);
    clock.now += 60 * dayMs;
    const over = { canteen: 'qiaodong', request, serial: stolen.serialNumber };
    const waiting = new X509Certificate((await two.enrolment.renew(over)).certificate);
    const { code } = await two.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    two.sessions.push({ canteen: 'qiaodong', serial: stolen.serialNumber, from, notAfter: Date.parse(stolen.validTo) });
    await one.enrolment.revoke(waiting.serialNumber, by);
    const [entry] = await audit.newest({ limit: 1 });
    expect(entry).toMatchObject({ who: by.who, action: 'certificate-revoked', subject: 'qiaodong' });
    for (const { serialNumber } of [stolen, waiting]) expect(entry?.detail).toContain(serialNumber);
    for (const certificate of [stolen, waiting])
      expect(await two.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its certificate was revoked' });
    await expect(two.enrolment.renew(over)).rejects.toMatchObject({ code: 'not-enrolled' });
    await expect(two.enrolment.enrol({ code, request, from })).rejects.toThrow(/no such code/);
    await two.enrolment.refresh();
    expect(two.ended).toEqual(['its certificate was revoked']);

    expect(await one.enrolment.admit(await enrolled(one.enrolment))).toMatchObject({ kind: 'admitted' });
    await expect(two.enrolment.renew(over)).rejects.toMatchObject({ code: 'not-enrolled' });
  });

  test('is revoked with its canteen, and its session ended, though the canteen cannot be released yet', async () => {
    const { one } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    await one.enrolment.admit(certificate);
    one.sessions.push({ canteen: 'qiaodong', serial: certificate.serialNumber, from, notAfter: Date.parse(certificate.validTo) });
    one.releasing.fails = true;
    await expect(one.enrolment.withdraw('qiaodong', by)).rejects.toThrow(/cannot be written/);
    expect(one.ended).toEqual(['its canteen was withdrawn']);
    expect(one.revoked()).toEqual([certificate.serialNumber]);
    one.releasing.fails = false;
    await one.enrolment.refresh();
    expect(one.supervised).toEqual(new Set(['settled']));
  });

  test('used for the first time has nothing looked up where there is none before it', async () => {
    const { one } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    const before = one.looks();
    await one.enrolment.admit(certificate);
    expect(one.looks()).toBe(before);
  });

  test('that cannot be noted down is not issued, and its code still counts', async () => {
    const { one, database, audit } = await openTwo(address);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    await database.schema.alterTable('audit').renameTo('audit_away').execute();
    await expect(one.enrolment.enrol({ code, request, from })).rejects.toThrow(/audit/);
    expect(await one.enrolment.certificates()).toEqual([]);
    await database.schema.alterTable('audit_away').renameTo('audit').execute();
    expect(await one.enrolment.enrol({ code, request, from })).toMatchObject({ canteen: 'qiaodong' });
    expect((await audit.newest({ limit: 9 })).map(({ action }) => action)).toEqual([
      'gateway-enrolled',
      'claim-code-made',
      'canteen-created',
    ]);
  });

  test('revoked while renewals of it are asked for leaves none that counts', async () => {
    const { one, two } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    await Promise.allSettled([
      ...Array.from({ length: 4 }, () => two.enrolment.renew({ canteen: 'qiaodong', request })),
      two.enrolment.enrol({ code, request, from }),
      one.enrolment.revoke(certificate.serialNumber, by),
      ...Array.from({ length: 4 }, () => two.enrolment.renew({ canteen: 'qiaodong', request })),
    ]);
    const rows = await one.enrolment.certificates();
    expect(rows.filter(({ revoked_at }) => revoked_at === null)).toEqual([]);
  });

  test('that was renewed and never arrived is replaced by the next renewal, and the one in use counts on', async () => {
    const { clock, one } = await openTwo(address);
    const first = await enrolled(one.enrolment);
    clock.now += 60 * dayMs;
    // As with a broker outside, nobody has seen which certificate asks.
    const renew = async () => new X509Certificate((await one.enrolment.renew({ canteen: 'qiaodong', request })).certificate);
    const lost = await renew();
    clock.now += 60 * minuteMs;
    const next = await renew();
    expect(await one.enrolment.admit(lost)).toMatchObject({ kind: 'refused', reason: 'its certificate was replaced by a newer one' });
    expect(await one.enrolment.admit(first)).toMatchObject({ kind: 'admitted' });
    expect(await one.enrolment.admit(next)).toMatchObject({ kind: 'admitted' });
  });

  test('is replaced by its successor only when that one is used', async () => {
    const { clock, one, two } = await openTwo(address);
    const first = await enrolled(one.enrolment);
    await one.enrolment.admit(first);
    clock.now += 60 * dayMs;
    const next = new X509Certificate((await two.enrolment.renew({ canteen: 'qiaodong', request })).certificate);
    expect(await one.enrolment.admit(first)).toMatchObject({ kind: 'admitted' });
    expect(await one.enrolment.admit(next)).toMatchObject({ kind: 'admitted' });
    expect(await two.enrolment.admit(first)).toMatchObject({ kind: 'refused', reason: 'its certificate was replaced by a newer one' });
    expect(await two.enrolment.admit(next)).toMatchObject({ kind: 'admitted' });
    expect((await one.enrolment.certificates()).find(({ serial }) => serial === first.serialNumber)?.replaced_by).toBe(next.serialNumber);
  });

  test('that has expired lets nobody in, ends what it opened, and cannot be renewed', async () => {
    const { clock, one } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    one.sessions.push({ canteen: 'qiaodong', serial: certificate.serialNumber, from, notAfter: Date.parse(certificate.validTo) });
    clock.now += 91 * dayMs;
    expect(await one.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its certificate has expired' });
    await one.enrolment.refresh();
    expect(one.ended).toEqual(['its certificate has expired']);
    await expect(one.enrolment.renew({ canteen: 'qiaodong', request })).rejects.toMatchObject({ code: 'not-enrolled' });
  });

  test('the database has forgotten, restored from an older copy, counts by the signature that is on it', async () => {
    const { one, database } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    await database.deleteFrom('certificates').execute();
    expect(await one.enrolment.admit(certificate)).toMatchObject({ kind: 'admitted' });
    expect(await one.enrolment.certificates()).toMatchObject([{ serial: certificate.serialNumber, canteen: 'qiaodong' }]);
  });

  test('that was revoked stays so, also where the database was restored from a copy that is older than that', async () => {
    const { one, database, open } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    await one.enrolment.revoke(certificate.serialNumber, by);
    await database.deleteFrom('certificates').execute();
    const restored = await open();
    expect(await restored.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its certificate was revoked' });
  });

  test('is revoked for sure also where the list for brokers outside cannot be written', async () => {
    const { one, folder } = await openTwo(address);
    const certificate = await enrolled(one.enrolment);
    mkdirSync(join(folder, 'crl.pem.part'));
    await one.enrolment.revoke(certificate.serialNumber, by);
    expect(await one.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its certificate was revoked' });
  });

  test('of a server lets no gateway in', async () => {
    const { one, authority } = await openTwo(address);
    const { certificate } = await authority.issueServer({ names: ['qiaodong'], days: 1 });
    expect(await one.enrolment.admit(new X509Certificate(certificate))).toMatchObject({
      kind: 'refused',
      reason: 'its certificate is not a gateway’s',
    });
  });
});

describe.each(engines)('with %s, a canteen', (_, address) => {
  test('taken on at one server is supervised by the other, and withdrawn again with all its certificates', async () => {
    const { one, two } = await openTwo(address);
    expect([...two.supervised]).toEqual(['settled', 'qiaodong']);
    await expect(two.enrolment.create({ id: 'qiaodong', name: 'x', district: 'x' }, by)).rejects.toMatchObject({ code: 'invalid-request' });
    const certificate = await enrolled(one.enrolment);
    const { code } = await one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by });
    await two.enrolment.withdraw('qiaodong', by);
    await one.enrolment.refresh();
    expect([...one.supervised]).toEqual(['settled']);
    expect(await one.enrolment.admit(certificate)).toMatchObject({ kind: 'refused', reason: 'its canteen was withdrawn' });
    await expect(one.enrolment.makeCode({ canteen: 'qiaodong', minutes: 30, by })).rejects.toMatchObject({ code: 'not-found' });
    await one.enrolment.create({ id: 'qiaodong', name: '桥东', district: '迎泽区' }, by);
    await expect(one.enrolment.enrol({ code, request, from })).rejects.toThrow(/no such code/);
    expect(await one.enrolment.admit(certificate)).toMatchObject({ kind: 'refused' });
    expect(await two.enrolment.admit(await enrolled(one.enrolment))).toMatchObject({ kind: 'refused' });
    await two.enrolment.refresh();
    expect(await two.enrolment.admit(await enrolled(one.enrolment))).toMatchObject({ kind: 'admitted' });
  });

  test('of the settings is withdrawn there and nowhere else', async () => {
    const { one } = await openTwo(address);
    await expect(one.enrolment.withdraw('settled', by)).rejects.toThrow(/stands in the server’s settings/);
  });
});

test('the authority’s key stands in no table', async () => {
  const { folder, database, one } = await openTwo(engines[0][1]);
  await enrolled(one.enrolment);
  const key = readFileSync(join(folder, 'authority-key.pem'), 'utf8').split('\n')[1] ?? 'none';
  expect(JSON.stringify(await database.selectFrom('certificates').selectAll().execute())).not.toContain(key);
});
