// What people do with accounts, their own and others': passwords, second factor, tokens, invitations, and what ends when.
import { Secret, TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../server/identity/secrets.ts';
import { identityStores } from '../../server/stores/identity-stores.ts';
import { password } from '../signed-in.ts';
import { type Ask, asAdministrator, asInvited, asNobody, signedIn } from './asking.ts';
import { auditOf, errorOf, everywhere, idOf, openApp, post, regulator } from './people-asking.ts';

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
      changePassword: () => people.change(id, { passwordHash: 'a new one' }, { entries: [entry], proven: opener.passwordHash }),
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

  test('change in all that is asked for at once, or in nothing', async () => {
    const { app, identity } = await openApp();
    const administrator = await asAdministrator(app, identity);
    await asInvited(app, administrator, regulator);
    const change = async (name: string, payload: object) =>
      administrator(`/api/people/${await idOf(administrator, name)}`, { method: 'PATCH', payload });
    const grants = [{ role: 'inspector', scope: everywhere }];
    expect(errorOf(await change('站长', { grants: [...grants, { role: 'administrator', scope: everywhere }], disabled: true }))).toBe(
      '409 last-administrator',
    );
    const { people } = (await administrator('/api/people')).json();
    expect(people.find(({ name }: { name: string }) => name === '站长')).toMatchObject({
      state: 'active',
      grants: [{ role: 'administrator' }],
    });
    expect((await change(regulator.name, { grants, disabled: true })).json()).toMatchObject({ state: 'disabled', grants });
    const done = (await auditOf(administrator)).slice(0, 2).map(({ action, subject }) => `${action} ${subject}`);
    expect(done).toEqual(['person-disabled 王工', 'roles-changed 王工']);
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
