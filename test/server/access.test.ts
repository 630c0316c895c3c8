// Every route of the interface as every role, as nobody, and from another district: who gets in is written down here once more, apart from the server.
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Grant, Role, Scope } from '#contract/people.ts';
import { roles } from '#contract/people.ts';
import { type App, buildApp } from '../../server/app.ts';
import { openParts, silent, standard } from './app-parts.ts';
import { type Ask, asAdministrator, asInvited, asNobody } from './asking.ts';
import { layout, picture, pictureMessage, reachable, sha256, upMessage } from './ingest-messages.ts';

const watchers: Role[] = ['administrator', 'regulator', 'inspector', 'assessor', 'installer', 'operator'];
const administrator: Role[] = ['administrator'];

const mayCall: Record<string, Role[] | 'everyone'> = {
  'GET /api/audit': administrator,
  'GET /api/canteens': watchers,
  'POST /api/canteens': administrator,
  'GET /api/canteens/{id}': watchers,
  'DELETE /api/canteens/{id}': administrator,
  'POST /api/canteens/{id}/claim-code': ['administrator', 'installer'],
  'GET /api/canteens/{id}/history': watchers,
  'GET /api/canteens/{id}/series': watchers,
  'POST /api/certificates/{serial}/revoke': administrator,
  'POST /api/enrol': 'everyone',
  'GET /api/events': watchers,
  'GET /api/evidence/{canteen}/{sha256}': watchers,
  'GET /api/gaps': watchers,
  'GET /api/gateways': ['administrator', 'installer'],
  'GET /api/health': 'everyone',
  'GET /api/health/details': administrator,
  'GET /api/health/live': 'everyone',
  'GET /api/health/ready': 'everyone',
  'POST /api/links/accept': 'everyone',
  'POST /api/links/read': 'everyone',
  'GET /api/me': [...roles],
  'POST /api/me/password': [...roles],
  'POST /api/me/second-factor': [...roles],
  'POST /api/me/second-factor/confirm': [...roles],
  'POST /api/me/second-factor/remove': [...roles],
  'GET /api/me/tokens': [...roles],
  'POST /api/me/tokens': [...roles],
  'DELETE /api/me/tokens/{token}': [...roles],
  'GET /api/people': administrator,
  'POST /api/people': administrator,
  'PATCH /api/people/{person}': administrator,
  'POST /api/people/{person}/invitation': administrator,
  'GET /api/public/canteens': 'everyone',
  'GET /api/quarantine': administrator,
  'POST /api/sign-in': 'everyone',
  'POST /api/sign-out': 'everyone',
  'GET /api/standards': watchers,
};

const nobodysId = '00000000-0000-4000-8000-000000000000';
const query = '?device=cam-1&metric=round-trip-ms';
const fill = (path: string, canteen: string, hash: string) =>
  path
    .replace('{id}', canteen)
    .replace('{canteen}', canteen)
    .replace('{sha256}', hash)
    .replace('{serial}', 'AB')
    .replace(/\{(person|token)\}/, nobodysId) + (path.endsWith('/series') ? query : '');

async function openWorld() {
  const parts = await openParts();
  const app = await buildApp({
    ...{ ...parts, standard, log: silent, version: '9.9.9', pages: '/nowhere' },
    load: () => ({ waiting: 0, gateways: 0 }),
  });
  onTestFinished(() => app.close());
  return { ...parts, app, first: await asAdministrator(app, parts.identity) };
}

/** The answer's status and error, over a real connection: the live changes never end. */
async function answerOf(address: string, route: string, about: { as: Ask | undefined; canteen?: string }): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const headers = { 'x-mingzao': '1', ...(about.as && { cookie: about.as.cookie }), 'content-type': 'application/json' };
  const response = await fetch(address + fill(path, about.canteen ?? 'nowhere', 'a'.repeat(64)), {
    ...{ method, headers },
    ...(method !== 'GET' && method !== 'DELETE' && { body: '{}' }),
  });
  if (response.status < 400) {
    await response.body?.cancel();
    return `${response.status}`;
  }
  return `${response.status} ${((await response.json()) as { error: string }).error}`;
}

function granting(role: Role, scope: Scope = { kind: 'all' }): Grant[] {
  return [{ role, scope }];
}

test('every route of the interface is in the table of this test, and says in its description whom it is for', async () => {
  const { app } = await openWorld();
  const { paths } = (await asNobody(app)('/api/openapi.json')).json();
  const routes = routesOf(paths);
  expect(routes.map(({ route }) => route).toSorted()).toEqual(Object.keys(mayCall).toSorted());
  for (const { route, operation } of routes) {
    const may = mayCall[route];
    expect(operation.security, route).toEqual(may === 'everyone' ? [] : [{ session: [] }, { token: [] }]);
    if (may !== 'everyone') expect(operation.description, route).toContain(`For: ${may?.join(', ')}.`);
  }
});

test('every route lets in its roles and nobody else, whoever asks', { timeout: 60_000 }, async () => {
  const { app, first, clock } = await openWorld();
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const others = roles.filter((role) => role !== 'administrator');
  const people = new Map<Role, Ask>([['administrator', first]]);
  for (const role of others) people.set(role, await asInvited(app, first, { name: `一位 ${role}`, grants: granting(role) }));

  for (const [route, may] of Object.entries(mayCall)) {
    const asked = await answerOf(address, route, { as: undefined });
    if (may === 'everyone') expect(asked, `${route} as nobody`).not.toMatch(/not-signed-in|not-allowed/);
    else expect(asked, `${route} as nobody`).toBe('401 not-signed-in');
    for (const [role, as] of people) {
      const answer = await answerOf(address, route, { as });
      if (may === 'everyone' || may.includes(role)) expect(answer, `${route} as ${role}`).not.toMatch(/^401|^403/);
      else expect(answer, `${route} as ${role}`).toBe('403 not-allowed');
    }
  }

  // Long enough for the longest session to be over.
  clock.now += 100_001 * 86_400_000;
  for (const [route, may] of Object.entries(mayCall))
    if (may !== 'everyone') expect(await answerOf(address, route, { as: first }), `${route} later`).toBe('401 not-signed-in');
});

describe('a canteen of another district', () => {
  const bytes = picture(1000);
  let app: App;
  let limited: Ask;
  let operator: Ask;
  let everything: Ask;

  beforeAll(async () => {
    const parts = await openParts();
    app = await buildApp({
      ...{ ...parts, standard, log: silent, version: '9.9.9', pages: '/nowhere' },
      load: () => ({ waiting: 0, gateways: 0 }),
    });
    everything = await asAdministrator(app, parts.identity);
    limited = await asInvited(app, everything, {
      name: '区里的监管员',
      grants: granting('regulator', { kind: 'districts', districts: ['万柏林区'] }),
    });
    operator = await asInvited(app, everything, { name: '店主', grants: granting('operator', { kind: 'canteens', canteens: ['heping'] }) });
    await parts.ingest.take(upMessage('events', [layout(1), reachable(2, { outcome: 'fault', fault: 'no-answer' })]));
    await parts.ingest.take(pictureMessage(bytes));
    return async () => app.close();
  });

  const paths = ['/api/canteens/{id}', '/api/canteens/{id}/history', '/api/canteens/{id}/series', '/api/evidence/{canteen}/{sha256}'];

  test.each(paths)('answers at %s like one that is not there', async (path) => {
    for (const ask of [limited, operator]) {
      const foreign = await ask(fill(path, 'qiaodong', sha256(bytes)));
      const absent = await ask(fill(path, 'nowhere', sha256(bytes)));
      expect(foreign.statusCode).toBe(404);
      expect(foreign.body.replaceAll('qiaodong', 'nowhere')).toBe(absent.body);
    }
    expect((await everything(fill(path, 'qiaodong', sha256(bytes)))).statusCode).toBe(200);
  });

  test('stands in no list', async () => {
    const idsIn = async (ask: Ask) => (await ask('/api/canteens')).json().canteens.map(({ id }: { id: string }) => id);
    expect((await idsIn(everything)).toSorted()).toEqual(['heping', 'qiaodong']);
    for (const ask of [limited, operator]) {
      expect(await idsIn(ask)).toEqual(['heping']);
      for (const path of ['/api/canteens', '/api/gaps?status=all', '/api/gaps?canteen=qiaodong', '/api/standards'])
        expect((await ask(path)).body, path).not.toMatch(/qiaodong|迎泽区/);
    }
    expect((await everything('/api/gaps')).body).toContain('qiaodong');
  });

  test('is in no live change', async () => {
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const first = async (ask: Ask) => {
      const response = await fetch(`${address}/api/events`, { headers: { cookie: ask.cookie } });
      for await (const chunk of response.body ?? []) return Buffer.from(chunk).toString();
      return '';
    };
    expect(await first(everything)).toContain('qiaodong');
    const seen = await first(limited);
    expect(seen).toContain('heping');
    expect(seen).not.toMatch(/qiaodong|迎泽区/);
  });
});

interface Described {
  description?: string;
  security: object[];
}

function routesOf(paths: Record<string, Record<string, Described>>): { route: string; operation: Described }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
}
