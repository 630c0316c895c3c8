// People coming in and going out: links, passwords, slow-down, second factor, tokens, and what ends when.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Secret, TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { ServerError } from '../../server/errors.ts';
import { createPasswordHash } from '../../server/identity/password-hash.ts';
import { createPasswordProof } from '../../server/identity/password-proof.ts';
import { digestOf } from '../../server/identity/secrets.ts';
import { createSignInPace, networkOf } from '../../server/identity/sign-in-pace.ts';
import { identityStores } from '../../server/stores/identity-stores.ts';
import { password } from '../signed-in.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { type Ask, asAdministrator, asInvited, asNobody, signedIn } from './asking.ts';

async function openApp(about: { behindProxy?: boolean } = {}) {
  const parts = await openParts();
  const app = await appOf(parts, about);
  return { ...parts, app };
}

const post = (payload: object = {}) => ({ method: 'POST' as const, payload });
const everywhere = { kind: 'all' } as const;
const regulator = { name: '王工', grants: [{ role: 'regulator' as const, scope: everywhere }] };
const errorOf = (answer: { statusCode: number; json(): { error: string } }) => `${answer.statusCode} ${answer.json().error}`;
const idOf = async (ask: Ask, name: string) =>
  ((await ask('/api/people')).json().people as { id: string; name: string }[]).find((person) => person.name === name)?.id;
const auditOf = async (ask: Ask) =>
  (await ask('/api/audit?limit=1000')).json().entries as { who: string; action: string; subject: string; from: string; detail: object }[];

describe('the first administrator', () => {
  test('comes by a link that works once, for an hour, and by no other way', async () => {
    const { app, identity, clock } = await openApp();
    const nobody = asNobody(app);
    const secret = (await identity.firstLink.offer()) ?? '';
    const accept = (name: string) => nobody('/api/links/accept', post({ secret, name, password }));
    expect(errorOf(await nobody('/api/links/accept', post({ secret: 'x'.repeat(43), name: '甲', password })))).toBe('410 link-unusable');
    clock.now += 3_600_001;
    expect(errorOf(await accept('甲'))).toBe('410 link-unusable');
    clock.now -= 3_600_001;
    expect((await accept('甲')).statusCode).toBe(204);
    expect(errorOf(await accept('乙'))).toBe('410 link-unusable');
    expect(await identity.firstLink.offer()).toBeUndefined();
  });

  test('is one, though two open the links of two servers at the same time', async () => {
    const { app, identity } = await openApp();
    const first = (await identity.firstLink.offer()) ?? '';
    const answers = await Promise.all(
      ['甲', '乙'].map((name) => asNobody(app)('/api/links/accept', post({ secret: first, name, password }))),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([204, 410]);
  });
});

test('a password has to be what the sentence says', async () => {
  const { app, identity } = await openApp();
  const secret = (await identity.firstLink.offer()) ?? '';
  for (const weak of ['short', 'aaaaaaaaaaaaaaaa', 'my name is WANG gong'])
    expect(errorOf(await asNobody(app)('/api/links/accept', post({ secret, name: 'wang gong', password: weak })))).toBe(
      '400 weak-password',
    );
});

test('passwords are hashed by argon2id, and the same word composed differently is the same', async () => {
  const hash = createPasswordHash({ memoryCost: 64, timeCost: 1 });
  const made = await hash.make('caf\u00e9 caf\u00e9 caf\u00e9');
  expect(made).toMatch(/^\$argon2id\$/);
  expect(await hash.matches('cafe\u0301 cafe\u0301 cafe\u0301', made)).toBe(true);
  expect(await hash.matches('cafe cafe cafe', made)).toBe(false);
  expect(await hash.matches('nobody’s', undefined)).toBe(false);
});

describe('a session', () => {
  test('is a cookie no script reads and no other site sends along, and over https no plain request carries', async () => {
    const { app, identity } = await openApp({ behindProxy: true });
    await asAdministrator(app, identity);
    const signIn = (headers: Record<string, string>) => asNobody(app)('/api/sign-in', { ...post({ name: '站长', password }), headers });
    expect((await signIn({})).headers['set-cookie']).toMatch(/^mingzao=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect((await signIn({ 'x-forwarded-proto': 'https' })).headers['set-cookie']).toMatch(
      /^__Host-mingzao=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test('is in the database by its SHA-256 only', async () => {
    const { app, identity, database } = await openApp();
    const { cookie } = await asAdministrator(app, identity);
    const rows = await database.selectFrom('sessions').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(cookie.split('=')[1]);
  });

  test('ends when it is ended, and with it what its page is told', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const person = await asInvited(app, administrator, regulator);
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const [response] = (await once(get(`${address}/api/events`, { headers: { cookie: person.cookie } }), 'response')) as [IncomingMessage];
    const ended = once(response.resume(), 'end');
    expect((await person('/api/sign-out', post())).statusCode).toBe(204);
    await ended;
    expect(errorOf(await person('/api/me'))).toBe('401 not-signed-in');
  });

  test('of somebody who is disabled is over at once, and so are tokens and live changes', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const person = await asInvited(app, administrator, regulator);
    const { secret } = (await person('/api/me/tokens', post({ password, name: 't', roles: ['regulator'] }))).json();
    const byToken = () => asNobody(app)('/api/canteens', { headers: { authorization: `Bearer ${secret}` } });
    expect((await byToken()).statusCode).toBe(200);
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const [response] = (await once(get(`${address}/api/events`, { headers: { cookie: person.cookie } }), 'response')) as [IncomingMessage];
    const ended = once(response.resume(), 'end');
    const id = await idOf(administrator, regulator.name);
    await administrator(`/api/people/${id}`, { method: 'PATCH', payload: { disabled: true } });
    await ended;
    expect(errorOf(await person('/api/me'))).toBe('401 not-signed-in');
    expect(errorOf(await byToken())).toBe('401 not-signed-in');
    await expect(signedIn(app, regulator.name)).rejects.toThrow(/wrong-credentials/);
  });

  test('sees less from the moment its roles are less', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const person = await asInvited(app, administrator, regulator);
    expect((await person('/api/canteens/qiaodong')).statusCode).toBe(200);
    const id = await idOf(administrator, regulator.name);
    const grants = [{ role: 'regulator', scope: { kind: 'canteens', canteens: ['heping'] } }];
    await administrator(`/api/people/${id}`, { method: 'PATCH', payload: { grants } });
    expect((await person('/api/canteens/qiaodong')).statusCode).toBe(404);
    expect((await person('/api/canteens/heping')).statusCode).toBe(200);
  });
});

test('another site can change nothing in the name of whoever looks at it', async () => {
  const { app, identity } = await openApp();
  const { cookie } = await asAdministrator(app, identity);
  const send = (headers: Record<string, string>) => app.inject({ method: 'POST', url: '/api/sign-out', headers: { cookie, ...headers } });
  expect(errorOf(await send({}))).toBe('403 foreign-request');
  expect(errorOf(await send({ 'x-mingzao': '1', 'sec-fetch-site': 'cross-site' }))).toBe('403 foreign-request');
  expect((await send({ 'x-mingzao': '1', 'sec-fetch-site': 'same-origin' })).statusCode).toBe(204);
});

describe('whoever guesses a password', () => {
  const try_ = (app: Parameters<typeof asNobody>[0], about: { name?: string; password?: string; from: string }) =>
    app.inject({
      ...{ method: 'POST', url: '/api/sign-in', headers: { 'x-mingzao': '1' }, remoteAddress: about.from },
      payload: { name: about.name ?? '站长', password: about.password ?? 'a wrong password' },
    });

  test('is slowed down, and the owner is let in all the same from where they are known', async () => {
    const { app, identity, clock } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const guesses = [];
    for (let guess = 0; guess < 12; guess += 1) guesses.push(await try_(app, { from: `198.51.100.${guess}` }));
    expect(guesses.slice(0, 5).map(errorOf)).toEqual(new Array(5).fill('401 wrong-credentials'));
    expect(guesses.slice(6, 7).map(errorOf)).toEqual(['429 slow-down']);
    expect(Number(guesses[6]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(errorOf(await try_(app, { from: '203.0.113.9', password }))).toBe('429 slow-down');
    expect((await try_(app, { from: '127.0.0.1', password })).statusCode).toBe(204);
    // A stranger’s wait is short however long it goes on, so that the owner finds a gap also elsewhere.
    for (let guess = 0; guess < 30; guess += 1) {
      clock.now += 30_001;
      await try_(app, { from: `198.51.100.${guess}` });
    }
    clock.now += 30_001;
    expect((await try_(app, { from: '203.0.113.9', password })).statusCode).toBe(204);
    const refused = (await auditOf(administrator)).filter(({ action }) => action === 'sign-in-refused');
    expect(refused[0]).toMatchObject({ who: '站长', from: expect.stringMatching(/^198\.51\.100\./), detail: { reason: 'password' } });
  });

  test('gains nothing by asking many times at once', async () => {
    const { app, identity } = await openApp();
    await asAdministrator(app, identity);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, guess) => try_(app, { from: `198.51.100.${guess}` })));
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5);
  });

  test('is slowed down at one address whatever the names, and learns from no answer whether there is such a name', async () => {
    const { app, identity, database } = await openApp();
    await asAdministrator(app, identity);
    const one = await try_(app, { from: '198.51.100.1' });
    const other = await try_(app, { from: '198.51.100.1', name: 'nobody' });
    expect(one.body).toBe(other.body);
    for (let guess = 0; guess < 20; guess += 1) await try_(app, { from: '198.51.100.1', name: `name ${guess}` });
    expect(errorOf(await try_(app, { from: '198.51.100.1', name: 'another' }))).toBe('429 slow-down');
    expect(errorOf(await try_(app, { from: '198.51.100.2', name: 'another' }))).toBe('401 wrong-credentials');
    expect(JSON.stringify(await database.selectFrom('attempts').selectAll().execute())).not.toContain('nobody');
  });

  test('is who is slowed down, not who came when the server had too much to do', async () => {
    const { database, clock } = await openParts();
    const { people, sessions, attempts, audit } = identityStores(database, () => undefined);
    const now = () => clock.now;
    const busy = async () => {
      throw new ServerError('overloaded', 'too many people are signing in at this moment');
    };
    const pace = createSignInPace({ store: attempts, now });
    const prove = createPasswordProof({ people, sessions, pace, hash: { make: busy, matches: busy }, audit, now });
    for (let attempt = 0; attempt < 25; attempt += 1)
      await expect(prove({ name: '站长', password, from: '198.51.100.1' })).rejects.toMatchObject({ code: 'overloaded' });
  });

  test('does not slow down the owner at another address of a network they are known in', async () => {
    const { app, identity } = await openApp();
    await asAdministrator(app, identity);
    expect((await try_(app, { from: '2001:db8:1:2::1', password })).statusCode).toBe(204);
    for (let guess = 0; guess < 6; guess += 1) await try_(app, { from: `198.51.100.${guess}` });
    expect(errorOf(await try_(app, { from: '2001:db8:1:3::1', password }))).toBe('429 slow-down');
    expect((await try_(app, { from: '2001:db8:1:2:abcd::9', password })).statusCode).toBe(204);
  });

  test.each([
    ['198.51.100.1', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('from %s counts under %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

test('a changed password ends every other session and all tokens, and needs the present one', async () => {
  const { app, identity } = await openApp();
  const here = await asAdministrator(app, identity);
  const there = await signedIn(app, '站长');
  const { secret } = (await here('/api/me/tokens', post({ password, name: 't', roles: ['administrator'] }))).json();
  const byToken = () => asNobody(app)('/api/canteens', { headers: { authorization: `Bearer ${secret}` } });
  expect((await byToken()).statusCode).toBe(200);
  const next = 'another one that is long';
  expect(errorOf(await here('/api/me/password', post({ password: 'not the password', next })))).toBe('401 wrong-credentials');
  expect((await here('/api/me/password', post({ password, next }))).statusCode).toBe(204);
  expect((await here('/api/me')).statusCode).toBe(200);
  expect(errorOf(await there('/api/me'))).toBe('401 not-signed-in');
  expect(errorOf(await byToken())).toBe('401 not-signed-in');
  await expect(signedIn(app, '站长')).rejects.toThrow(/wrong-credentials/);
});

describe('who proved a password', () => {
  async function proven() {
    const { app, identity, database, clock } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const person = await asInvited(app, administrator, regulator);
    const id = (await idOf(administrator, regulator.name)) ?? '';
    const { people, sessions } = identityStores(database, () => undefined);
    const { passwordHash } = (await people.find(id)) ?? {};
    const opener = { id, name: regulator.name, passwordHash: passwordHash ?? '' };
    const open = () => identity.sessions.open({ person: opener, from: '127.0.0.1', action: 'signed-in' });
    const at = new Date(clock.now).toISOString();
    const token = {
      id: 't',
      digest: 'd',
      person: id,
      name: 't',
      roles: ['regulator' as const],
      createdAt: at,
      expiresAt: at,
      usedAt: null,
    };
    const entry = { at: clock.now, who: regulator.name, action: 'token-made', subject: regulator.name, from: '127.0.0.1' };
    const sessionsThere = () => database.selectFrom('sessions').select('digest').where('person', '=', id).execute();
    return {
      administrator,
      person,
      id,
      people,
      open,
      addToken: () => sessions.addToken(token, opener.passwordHash, entry),
      changePassword: () => people.change(id, { passwordHash: 'a new one' }, { entry, proven: opener.passwordHash }),
      sessionsThere,
      entry,
    };
  }

  test('comes too late with it once it is changed', async () => {
    const { person, open, addToken, changePassword, sessionsThere } = await proven();
    await open();
    expect(await sessionsThere()).toHaveLength(2);
    expect((await person('/api/me/password', post({ password, next: 'another one that is long' }))).statusCode).toBe(204);
    await expect(open()).rejects.toMatchObject({ code: 'wrong-credentials' });
    await expect(addToken()).rejects.toMatchObject({ code: 'wrong-credentials' });
    await expect(changePassword()).rejects.toMatchObject({ code: 'wrong-credentials' });
    expect(await sessionsThere()).toHaveLength(1);
    expect((await person('/api/me/tokens')).json().tokens).toEqual([]);
  });

  test('comes too late with it, and with a link, once they are disabled', async () => {
    const { administrator, id, people, open, entry, sessionsThere } = await proven();
    const link = (await administrator(`/api/people/${id}/invitation`, post())).json().path.split('#')[1];
    await administrator(`/api/people/${id}`, { method: 'PATCH', payload: { disabled: true } });
    await expect(open()).rejects.toMatchObject({ code: 'wrong-credentials' });
    await expect(people.accept(digestOf(link), { person: id, passwordHash: 'a new one', entry })).rejects.toMatchObject({
      code: 'link-unusable',
    });
    expect((await people.find(id))?.passwordHash).not.toBe('a new one');
    expect(await sessionsThere()).toEqual([]);
  });
});

test('a second factor is asked for once it is confirmed, and no code counts twice', async () => {
  const { app, identity, clock } = await openApp();
  const ask = await asAdministrator(app, identity);
  const { secret, uri } = (await ask('/api/me/second-factor', post({ password }))).json();
  expect(uri).toMatch(/^otpauth:\/\/totp\//);
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = () => totp.generate({ timestamp: clock.now });
  const signIn = (given?: string) => asNobody(app)('/api/sign-in', post({ name: '站长', password, ...(given && { code: given }) }));
  expect((await signIn()).statusCode).toBe(204);
  expect((await ask('/api/me/second-factor/confirm', post({ code: code() }))).statusCode).toBe(204);
  expect(errorOf(await signIn())).toBe('401 code-needed');
  expect(errorOf(await signIn(code()))).toBe('401 wrong-code');
  clock.now += 30_000;
  expect((await signIn(code())).statusCode).toBe(204);
  expect(errorOf(await signIn(code()))).toBe('401 wrong-code');
  expect((await ask('/api/me/second-factor/remove', post({ password }))).statusCode).toBe(204);
  expect((await signIn()).statusCode).toBe(204);
});

test('an open session alone makes no token', async () => {
  const { app, identity } = await openApp();
  const ask = await asAdministrator(app, identity);
  const make = (about: object) => ask('/api/me/tokens', post({ name: 't', roles: ['administrator'], ...about }));
  expect(errorOf(await make({}))).toBe('400 invalid-request');
  expect(errorOf(await make({ password: 'not the password' }))).toBe('401 wrong-credentials');
  expect((await ask('/api/me/tokens')).json().tokens).toEqual([]);
});

test('a token carries at most the roles of its owner, cannot touch the account, expires and is revoked', async () => {
  const { app, identity, clock } = await openApp();
  const administrator = await asAdministrator(app, identity);
  const person = await asInvited(app, administrator, regulator);
  expect(errorOf(await person('/api/me/tokens', post({ password, name: 't', roles: ['administrator'] })))).toBe('403 not-allowed');
  const { token, secret } = (await person('/api/me/tokens', post({ password, name: '看板', roles: ['regulator'], days: 1 }))).json();
  const by = (url: string, method: 'GET' | 'POST' = 'GET') =>
    app.inject({ url, method, headers: { authorization: `Bearer ${secret}` }, ...(method === 'POST' && { payload: {} }) });
  expect((await by('/api/canteens')).statusCode).toBe(200);
  expect(errorOf(await by('/api/people'))).toBe('403 not-allowed');
  expect(errorOf(await by('/api/me/tokens'))).toBe('403 not-allowed');
  expect((await person('/api/me/tokens')).body).not.toContain(secret);
  clock.now += 86_400_001;
  expect(errorOf(await by('/api/canteens'))).toBe('401 not-signed-in');
  clock.now -= 86_400_001;
  expect((await by('/api/canteens')).statusCode).toBe(200);
  expect((await person(`/api/me/tokens/${token.id}`, { method: 'DELETE' })).statusCode).toBe(204);
  expect(errorOf(await by('/api/canteens'))).toBe('401 not-signed-in');
});

describe('people', () => {
  test('are looked up by a token too, and changed in person only', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const { secret } = (await administrator('/api/me/tokens', post({ password, name: 't', roles: ['administrator'] }))).json();
    const byToken: Ask = Object.assign(
      (url: string, about: object = {}) => app.inject({ url, headers: { authorization: `Bearer ${secret}` }, ...about }),
      { cookie: '' },
    );
    const id = await idOf(byToken, '站长');
    expect(id).toBeDefined();
    const grants = [{ role: 'administrator', scope: everywhere }];
    expect(errorOf(await byToken('/api/people', post({ name: '乙', grants })))).toBe('403 not-allowed');
    expect(errorOf(await byToken(`/api/people/${id}/invitation`, post()))).toBe('403 not-allowed');
    expect(errorOf(await byToken(`/api/people/${id}`, { method: 'PATCH', payload: { grants } }))).toBe('403 not-allowed');
    expect((await administrator('/api/people')).json().people).toHaveLength(1);
  });

  test('who lost their password get a link that ends all they had', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const person = await asInvited(app, administrator, regulator);
    const id = await idOf(administrator, regulator.name);
    const older = (await administrator(`/api/people/${id}/invitation`, post())).json().path.split('#')[1];
    const newer = (await administrator(`/api/people/${id}/invitation`, post())).json().path.split('#')[1];
    const accept = (secret: string) => asNobody(app)('/api/links/accept', post({ secret, password: 'a fresh one, long' }));
    expect((await person('/api/me')).statusCode).toBe(200);
    expect(errorOf(await accept(older))).toBe('410 link-unusable');
    expect((await accept(newer)).statusCode).toBe(204);
    expect(errorOf(await person('/api/me'))).toBe('401 not-signed-in');
  });

  test('keep at least one administrator, and no name twice', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    const id = await idOf(administrator, '站长');
    const change = (payload: object) => administrator(`/api/people/${id}`, { method: 'PATCH', payload });
    expect(errorOf(await change({ disabled: true }))).toBe('409 last-administrator');
    expect(errorOf(await change({ grants: regulator.grants }))).toBe('409 last-administrator');
    const limited = [{ role: 'administrator', scope: { kind: 'districts', districts: ['迎泽区'] } }];
    expect(errorOf(await change({ grants: limited }))).toBe('400 invalid-request');
    expect(errorOf(await administrator('/api/people', post({ ...regulator, name: '站长' })))).toBe('409 name-taken');
  });
});

test('what people do is noted down with who, what, to whom and from where, and no secret', async () => {
  const { app, identity } = await openApp();
  const administrator = await asAdministrator(app, identity);
  const person = await asInvited(app, administrator, regulator);
  await person('/api/sign-out', post());
  const entries = await auditOf(administrator);
  expect(entries.map(({ who, action, subject }) => [who, action, subject]).toReversed()).toEqual([
    ['站长', 'link-accepted', '站长'],
    ['站长', 'signed-in', '站长'],
    ['站长', 'person-invited', '王工'],
    ['王工', 'link-accepted', '王工'],
    ['王工', 'signed-in', '王工'],
    ['王工', 'signed-out', '王工'],
  ]);
  expect(new Set(entries.map(({ from }) => from))).toEqual(new Set(['127.0.0.1']));
  expect(JSON.stringify(entries)).not.toContain(password);
});
