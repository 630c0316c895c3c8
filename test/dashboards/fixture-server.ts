// A server that speaks the interface the pages need and nothing else: built pages, a few requests, real server-sent events.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { readSettings } from '#config/settings.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Me } from '#contract/people.ts';
import { Standard } from '#contract/standard.ts';
import type { CanteenSummary } from '#contract/views.ts';
import type { District } from './district.ts';
import { historyAt } from './planned-canteen.ts';

const standard = readSettings(join(import.meta.dirname, '../../config/standards/taiyuan-community-2022.yaml'), Standard);

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** Somebody with a role that leads to every page. */
const me: Me = {
  ...{ name: '王工', by: 'session', secondFactor: false, passwordRule: '' },
  grants: [{ role: 'administrator', scope: { kind: 'all' } }],
};

export interface FixtureServer {
  address: string;
  /** What the requests answer from now on. */
  serve(district: District): void;
  /** Changes one canteen, and tells it to the pages that listen. */
  tellCanteen(canteen: CanteenSummary): void;
  /** Opens or closes one gap, and tells it. */
  tellGap(gap: Gap): void;
  /** Lets the server's clock stand at `at`, and tells it. */
  tick(at: string): void;
  /** While down it answers nothing and breaks every stream. */
  down(isDown: boolean): void;
  listeners(): number;
  close(): Promise<void>;
}

/** Serves the pages built into `dist` on a free port of 127.0.0.1, under the strictest security policy they are meant for. */
export async function startFixtureServer(dist: string, start: { at: string; district: District }): Promise<FixtureServer> {
  let { at, district } = start;
  let isDown = false;
  const streams = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    if (isDown) return void response.destroy();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fixture');
    if (pathname === '/api/events') return openStream(request, response);
    const picture = district.pictures?.get(pathname.replace(/^\/api\/evidence\/[^/]+\//, ''));
    if (picture !== undefined) return void response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture);
    if (pathname.startsWith('/api/')) return answer(pathname, searchParams, response);
    servePage(pathname, response).catch(() => response.writeHead(404).end());
  });

  function openStream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    streams.add(response);
    request.on('close', () => streams.delete(response));
  }

  function answer(pathname: string, asked: URLSearchParams, response: ServerResponse): void {
    const body = bodyOf(pathname, asked);
    response
      .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(body ?? { error: 'not found' }));
  }

  function bodyOf(pathname: string, asked: URLSearchParams): unknown {
    if (pathname === '/api/me') return me;
    if (pathname === '/api/canteens')
      return { at, standard: 'test v1', standardTitle: { zh: '测试标准', en: 'Test standard' }, canteens: district.canteens };
    if (pathname === '/api/gaps') return { at, gaps: district.gaps };
    if (pathname === '/api/standards') return { standards: [standard] };
    if (pathname.endsWith('/history')) return historyAt(at, asked.get('from') ?? at);
    return district.views.find(({ summary }) => pathname === `/api/canteens/${summary.id}`);
  }

  async function servePage(pathname: string, response: ServerResponse): Promise<void> {
    const page = pathname.startsWith('/canteens/') ? '/canteen.html' : pathname;
    const file = page === '/board' ? '/board.html' : normalize(page);
    const body = await readFile(join(dist, file));
    const type = contentTypes[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': "default-src 'self'" }).end(body);
  }

  function tell(event: string, data: unknown): void {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(next) {
      district = next;
    },
    tellCanteen(canteen) {
      district = { ...district, canteens: [...district.canteens.filter(({ id }) => id !== canteen.id), canteen] };
      tell('canteen', canteen);
    },
    tellGap(gap) {
      const others = district.gaps.filter(({ id }) => id !== gap.id);
      district = { ...district, gaps: gap.status === 'open' ? [...others, gap] : others };
      tell('gap', gap);
    },
    tick(now) {
      at = now;
      tell('tick', { at });
    },
    down(next) {
      isDown = next;
      if (isDown) for (const stream of streams) stream.destroy();
    },
    listeners: () => streams.size,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
