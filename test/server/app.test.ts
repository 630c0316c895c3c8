// The interface the pages use, asked without a network; the live events over a real one.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import Fastify from 'fastify';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { validator } from '#config/validate.ts';
import { Board, CanteenView, LiveEvents } from '#contract/views.ts';
import type { buildApp } from '../../server/app.ts';
import { may } from '../../server/identity/roles.ts';
import { requireWho } from '../../server/identity/stated-who.ts';
import type { Load } from '../../server/routes/operations.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { asAdministrator } from './asking.ts';
import { heartbeat, layout, reachable, started, upMessage } from './ingest-messages.ts';

async function openApp(about: { pages?: string; tickMs?: number; load?: () => Load } = {}) {
  const parts = await openParts();
  const app = await appOf(parts, about);
  return { ...parts, app, ask: await asAdministrator(app, parts.identity) };
}

const everything = { canteens: ['qiaodong', 'heping'] };

describe('the board', () => {
  test('lists every canteen by its schema, worst first', async () => {
    const { ask, ingest } = await openApp();
    await ingest.take(upMessage('events', [layout(1), reachable(2, { outcome: 'fault', fault: 'no-answer' })]));
    const response = await ask('/api/canteens');
    const board = validator(Board)(response.json());
    expect(board).toMatchObject({ ok: true, value: { standard: 'taiyuan-community-2022 v1', at: new Date(started).toISOString() } });
    expect(board.ok && board.value.canteens.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['qiaodong', 'fault'],
      ['heping', 'unknown'],
    ]);
  });

  test('shows one canteen with its devices, and a fact past its time as unknown', async () => {
    const { ask, ingest, clock } = await openApp();
    await ingest.take(upMessage('events', [layout(1), reachable(2)]));
    const view = async () => {
      const checked = validator(CanteenView)((await ask('/api/canteens/qiaodong')).json());
      return checked.ok
        ? checked.value.devices.map(({ id, kind, outcome, facts }) => [id, kind, outcome, facts[0]?.outcome])
        : checked.problem;
    };
    expect(await view()).toEqual([
      ['cam-1', 'camera', 'unknown', 'ok'],
      ['nvr-1', 'recorder', 'unknown', undefined],
    ]);
    clock.now = started + 120_001;
    expect(await view()).toEqual([
      ['cam-1', 'camera', 'unknown', 'unknown'],
      ['nvr-1', 'recorder', 'unknown', undefined],
    ]);
  });
});

test('a device of a silent gateway is unknown, however long what was last said of it may be believed', async () => {
  const { ask, ingest, clock } = await openApp();
  await ingest.take(upMessage('events', [layout(1), reachable(2, { validUntil: new Date(started + 3_600_000).toISOString() })]));
  clock.now = started + 91_000;
  const { devices, summary } = (await ask('/api/canteens/qiaodong')).json();
  expect(summary.verdict).toBe('unknown');
  expect(devices[0]).toMatchObject({ id: 'cam-1', outcome: 'unknown', facts: [{ outcome: 'unknown' }] });
});

describe('gaps', () => {
  test('are given by status, canteen and rule', async () => {
    const { ask, canteens, clock } = await openApp();
    clock.now = started + 3_600_000;
    await canteens.apply(everything);
    const gaps = async (query: string) => (await ask(`/api/gaps${query}`)).json().gaps;
    const open = await gaps('');
    expect(open.length).toBeGreaterThan(0);
    expect(await gaps('?status=closed')).toEqual([]);
    expect(await gaps('?status=all')).toHaveLength(open.length);
    expect((await gaps('?canteen=heping&rule=gateway-silent')).map((gap: { canteen: string }) => gap.canteen)).toEqual(['heping']);
    expect(await gaps('?limit=1')).toHaveLength(1);
  });
});

test.each<[path: string, status: number, error: string, sentence: RegExp]>([
  ['/api/canteens/nobody', 404, 'not-found', /no canteen "nobody"/],
  ['/api/canteens/NOBODY', 400, 'invalid-request', /id: found "NOBODY"/],
  ['/api/gaps?status=half', 400, 'invalid-request', /status: found "half", allowed: open, closed, all/],
  ['/api/gaps?limit=0', 400, 'invalid-request', /limit: found 0, it must be >= 1 \(1 to 1000\)/],
  ['/api/gaps?limit=many', 400, 'invalid-request', /limit: found "many", it must be integer/],
  ['/api/gaps?statsu=open', 400, 'invalid-request', /unknown key "statsu"; allowed: status, canteen, rule, limit/],
  ['/api/quarantine?limit=100000', 400, 'invalid-request', /limit: found 100000/],
  ['/api/nothing', 404, 'not-found', /nothing at GET \/api\/nothing/],
  ['/board', 503, 'pages-not-built', /not built yet/],
])('%s is answered with %i and a sentence', async (path, status, error, sentence) => {
  const { ask } = await openApp();
  const response = await ask(path);
  expect(response.statusCode).toBe(status);
  expect(response.json()).toEqual({ error, message: expect.stringMatching(sentence) });
});

test('a failure inside is not told to whoever asked', async () => {
  const { ask, store } = await openApp();
  store.gaps = async () => {
    throw new Error('SQLITE_IOERR at /var/lib/mingzao/state.db');
  };
  const response = await ask('/api/gaps');
  expect(response.statusCode).toBe(500);
  expect(response.json()).toEqual({ error: 'internal', message: 'The server failed at this; its log says why.' });
});

describe('operations', () => {
  test('see how the server is', async () => {
    const { ask, ingest } = await openApp();
    await ingest.take(upMessage('events', [reachable(1), { bad: true }]));
    expect((await ask('/api/health/details')).json()).toMatchObject({
      ...{ status: 'ok', ready: true, version: '9.9.9', canteens: 2, eventsStored: 1, quarantined: 1, waiting: 0 },
      connections: { gateways: 1, pages: 0 },
    });
    expect((await ask('/api/health/live')).json()).toEqual({ status: 'ok' });
    expect((await ask('/api/health/ready')).json()).toEqual({ ready: true, obstacles: [] });
    expect((await ask('/api/quarantine')).json().quarantined).toMatchObject([{ canteen: 'qiaodong', payload: '{"bad":true}' }]);
  });

  test('learn from the status code that nothing can be stored', async () => {
    const { ask, store, canteens } = await openApp();
    store.change = async () => {
      throw new Error('disk full');
    };
    await expect(canteens.apply(everything)).rejects.toThrow('disk full');
    const response = await ask('/api/health/details');
    expect([response.statusCode, response.json().status, response.json().ready]).toEqual([503, 'failing', false]);
    const [live, ready] = [await ask('/api/health/live'), await ask('/api/health/ready')];
    expect([live.statusCode, ready.statusCode, ready.json()]).toEqual([200, 503, { ready: false, obstacles: ['not-storing'] }]);
    const gaps = await ask('/api/gaps');
    expect([gaps.statusCode, gaps.json().error]).toEqual([503, 'not-storing']);
  });
});

test('a server whose broker is away is alive and not ready', async () => {
  const { app } = await openApp({ load: () => ({ waiting: 0, gateways: 0, hearing: false }) });
  expect((await app.inject('/api/health/live')).statusCode).toBe(200);
  const ready = await app.inject('/api/health/ready');
  expect([ready.statusCode, ready.json().obstacles]).toEqual([503, ['not-hearing']]);
  const health = await app.inject('/api/health');
  expect([health.statusCode, health.json().status, health.json().ready]).toEqual([200, 'ok', false]);
});

describe('the pages', () => {
  function buildPages(): string {
    const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'board.html'), '<!doctype html><title>明灶</title>');
    writeFileSync(join(folder, 'canteen.html'), '<!doctype html><title>食堂</title>');
    writeFileSync(join(folder, 'assets/main.js'), 'export {};');
    writeFileSync(join(folder, '.secret'), 'secret');
    return folder;
  }

  test('are served under /board, whatever comes after it, and /canteens, and allow nothing but what is our own', async () => {
    const { ask } = await openApp({ pages: buildPages() });
    for (const path of ['/board', '/board/canteens/qiaodong', '/board?theme=wall', '/canteens/qiaodong']) {
      const response = await ask(path);
      expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(response.headers['content-security-policy']).toMatch(/^default-src 'self';/);
      expect(response.headers['content-security-policy']).not.toContain('unsafe');
    }
    expect((await ask('/')).headers.location).toBe('/board');
    expect((await ask('/assets/main.js')).headers['content-type']).toMatch(/javascript/);
  });

  test('are all that is served', async () => {
    const { ask } = await openApp({ pages: buildPages() });
    for (const path of ['/.secret', '/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json', '/assets/'])
      expect((await ask(path)).statusCode, path).toBeGreaterThanOrEqual(400);
  });
});

test('a route that does not say who may call it keeps the server from starting', async () => {
  const app = Fastify();
  requireWho(app);
  app.get('/api/said', { config: { who: may.ask } }, () => 'said');
  app.get('/api/forgotten', () => 'forgotten');
  await expect(app.ready()).rejects.toThrow('the route GET /api/forgotten does not say who may call it');
});

describe('the description of the interface', () => {
  // access.test.ts has the list of all routes.
  test('is well-formed OpenAPI 3.1', async () => {
    const { ask } = await openApp();
    const document = (await ask('/api/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: expect.any(String), version: '9.9.9' });
    const ajv = new Ajv2020({ strictTypes: false });
    ajvFormats.default(ajv);
    const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
    for (const { path, operation } of operations) {
      expect(operation.summary, path).toEqual(expect.any(String));
      expect(Object.keys(operation.responses)[0], path).toMatch(/^20[04]$/);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name);
      expect(declared, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      for (const parameter of operation.parameters ?? [])
        expect(parameter.description, `${path} ${parameter.name}`).toEqual(expect.any(String));
      const bodies = Object.values(operation.responses).flatMap((response) => Object.values(response.content ?? {}));
      for (const { schema } of [...bodies, ...(operation.parameters ?? [])]) expect(() => ajv.compile(schema), path).not.toThrow();
      for (const response of Object.values(operation.responses)) expect(response.description, path).not.toMatch(/^(Default Response)?$/);
    }
  });

  test('asks for nothing that has a default', async () => {
    const { ask } = await openApp();
    const { paths } = (await ask('/api/openapi.json')).json();
    const parameters: { name: string; required?: boolean }[] = paths['/api/gaps'].get.parameters;
    expect(parameters.map(({ name, required = false }) => [name, required])).toEqual([
      ['status', false],
      ['canteen', false],
      ['rule', false],
      ['limit', false],
    ]);
  });

  test('can be read in a browser', async () => {
    const { ask } = await openApp();
    const response = await ask('/api/docs/');
    expect(response.headers['content-type']).toMatch(/text\/html/);
    expect(response.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
  });
});

interface Operation {
  summary: string;
  parameters?: { in: string; name: string; description?: string; schema: object }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

describe('live events', () => {
  async function listen(about: { tickMs?: number } = {}) {
    const parts = await openApp(about);
    const address = await parts.app.listen({ host: '127.0.0.1', port: 0 });
    const [response] = (await once(get(`${address}/api/events`, { headers: { cookie: parts.ask.cookie } }), 'response')) as [
      IncomingMessage,
    ];
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', () => undefined);
    const events = () =>
      [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, event, data]) => ({ event, data: JSON.parse(data ?? '') }));
    return { ...parts, response, events };
  }

  test('begin with every canteen and go on with what changes', async () => {
    const { response, events, ingest, canteens, clock } = await listen();
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
    await vi.waitFor(() => expect(events().map(({ event }) => event)).toEqual(['canteen', 'canteen', 'tick']));
    await ingest.take(upMessage('heartbeat', heartbeat()));
    await vi.waitFor(() =>
      expect(events().at(-1)).toMatchObject({ event: 'canteen', data: { id: 'qiaodong', heardAt: new Date(started).toISOString() } }),
    );
    clock.now = started + 3_600_000;
    await canteens.apply(everything);
    await vi.waitFor(() => expect(events().some(({ event }) => event === 'gap')).toBe(true));
    for (const { event, data } of events())
      expect(validator(LiveEvents[event as keyof typeof LiveEvents])(data)).toMatchObject({ ok: true });
  });

  test('tell that a canteen is withdrawn, once its gaps are closed', async () => {
    const { events, canteens, clock } = await listen();
    clock.now = started + 3_600_000;
    await canteens.apply(everything);
    await canteens.release('qiaodong');
    await vi.waitFor(() => expect(events().at(-1)).toEqual({ event: 'withdrawn', data: { canteen: 'qiaodong' } }));
    const told = events().filter(({ event, data }) => event === 'gap' && data.canteen === 'qiaodong');
    const last = new Map(told.map(({ data }) => [data.id, data.status]));
    expect([...new Set(last.values())]).toEqual(['closed']);
    expect(validator(LiveEvents.withdrawn)(events().at(-1)?.data)).toMatchObject({ ok: true });
  });

  test('tick, so that a page can tell silence from a dead line', async () => {
    const { events } = await listen({ tickMs: 5 });
    await vi.waitFor(() => expect(events().filter(({ event }) => event === 'tick').length).toBeGreaterThan(2));
  });

  test('end when the server closes, and hold nothing up', async () => {
    const { app, response } = await listen();
    const ended = once(response, 'end');
    await app.close();
    await ended;
  });

  test('are cut off for a page that does not read, and for no other', async () => {
    const { app, ask, live, response, events, canteens } = await listen();
    const [stuck] = (await once(get(`http://127.0.0.1:${portOf(app)}/api/events`, { headers: { cookie: ask.cookie } }), 'response')) as [
      IncomingMessage,
    ];
    stuck.on('error', () => undefined);
    const summary = canteens.find('qiaodong', started)?.summary;
    if (summary === undefined) throw new Error('no such canteen');
    const padded = { ...summary, name: 'x'.repeat(200_000) };
    const pages = async () => (await ask('/api/health/details')).json().connections.pages;
    await vi.waitFor(async () => {
      live.announce({ event: 'canteen', data: padded });
      expect(await pages()).toBe(1);
    }, 10_000);
    const before = events().length;
    live.announce({ event: 'canteen', data: summary });
    await vi.waitFor(() => expect(events().length).toBeGreaterThan(before));
    expect(response.destroyed).toBe(false);
    stuck.destroy();
  });

  function portOf(app: Awaited<ReturnType<typeof buildApp>>): number {
    const address = app.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
});
