// People coming in and going out: links, passwords, sessions, slow-down.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ServerError } from '../../server/errors.ts';
import { createPasswordHash } from '../../server/identity/password-hash.ts';
import { createPasswordProof } from '../../server/identity/password-proof.ts';
import { createSignInPace, networkOf } from '../../server/identity/sign-in-pace.ts';
import { identityStores } from '../../server/stores/identity-stores.ts';
import { password } from '../signed-in.ts';
import { openParts } from './app-parts.ts';
import { asAdministrator, asInvited, asNobody, signedIn } from './asking.ts';
import { auditOf, errorOf, idOf, openApp, post, regulator } from './people-asking.ts';

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
