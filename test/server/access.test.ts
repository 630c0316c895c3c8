// Every route of the interface as every role, as nobody, and from another district: who gets in is written down here once more, apart from the server.
import { describe, expect, test } from 'vitest';
import type { Grant, Role, Scope } from '#contract/people.ts';
import { roles } from '#contract/people.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
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
  const app = await appOf(parts);
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
    // Whoever signs out here could not be asked about the rest.
    if (route === 'POST /api/sign-out') continue;
    for (const [role, as] of people) {
      const answer = await answerOf(address, route, { as });
      if (may === 'everyone' || may.includes(role)) expect(answer, `${route} as ${role}`).not.toMatch(/^401|^403/);
      else expect(answer, `${route} as ${role}`).toBe('403 not-allowed');
    }
  }

  expect(await answerOf(address, 'GET /api/me', { as: first })).toBe('200');
  // Long enough for the longest session to be over.
  clock.now += 100_001 * 86_400_000;
  for (const [route, may] of Object.entries(mayCall))
    if (may !== 'everyone') expect(await answerOf(address, route, { as: first }), `${route} later`).toBe('401 not-signed-in');
});

describe('a canteen of another district', () => {
  const bytes = picture(1000);

  async function openDistrict() {
    const { app, first: everything, ingest } = await openWorld();
    const district: Scope = { kind: 'districts', districts: ['万柏林区'] };
    const limited = await asInvited(app, everything, { name: '区里的监管员', grants: granting('regulator', district) });
    const own: Scope = { kind: 'canteens', canteens: ['heping'] };
    const operator = await asInvited(app, everything, { name: '店主', grants: granting('operator', own) });
    await ingest.take(upMessage('events', [layout(1), reachable(2, { outcome: 'fault', fault: 'no-answer' })]));
    await ingest.take(pictureMessage(bytes));
    return { app, everything, limited, operator };
  }

  test('answers like one that is not there', async () => {
    const { everything, limited, operator } = await openDistrict();
    for (const path of Object.keys(mayCall).flatMap((route) => /^GET (.*\{(?:id|canteen)\}.*)$/.exec(route)?.[1] ?? [])) {
      const asked = (canteen: string) => fill(path, canteen, sha256(bytes));
      expect((await everything(asked('qiaodong'))).statusCode, path).toBe(200);
      for (const ask of [limited, operator]) {
        const [foreign, absent] = [await ask(asked('qiaodong')), await ask(asked('nowhere'))];
        expect(foreign.statusCode, path).toBe(404);
        expect(foreign.body.replaceAll('qiaodong', 'nowhere'), path).toBe(absent.body);
      }
    }
  });

  test('stands in no list', async () => {
    const { everything, limited, operator } = await openDistrict();
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
    const { app, everything, limited } = await openDistrict();
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
