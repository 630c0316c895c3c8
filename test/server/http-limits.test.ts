// What one address may ask of the pages' side, and for how long somebody who dawdles is waited for.
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nothing } from '../../server/identity/reach.ts';
import { createEventStreams } from '../../server/routes/event-streams.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { hungUp } from './bare-mqtt.ts';

async function openApp(about: { requestsPerMinute?: number; behindProxy?: boolean } = {}) {
  const parts = await openParts();
  const app = await appOf(parts, about);
  return { ...parts, app };
}

test('an address that asks too often is told when it may again, and others are not affected', async () => {
  const { app } = await openApp({ requestsPerMinute: 60 });
  const ask = (remoteAddress: string, url = '/api/health/live') => app.inject({ url, remoteAddress });
  for (let index = 0; index < 59; index += 1) expect((await ask('192.0.2.1')).statusCode).toBe(200);
  expect((await ask('192.0.2.1', '/nothing/here')).statusCode).toBe(404);
  const refused = await ask('192.0.2.1');
  expect([refused.statusCode, refused.json()]).toEqual([
    429,
    { error: 'too-many-requests', message: expect.stringMatching(/^This address has asked 60 times within a minute.* in \d+ s\.$/) },
  ]);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await ask('192.0.2.1', '/nothing/here')).statusCode).toBe(429);
  expect((await ask('192.0.2.2')).statusCode).toBe(200);
  const network: number[] = [];
  for (let index = 0; index < 61; index += 1) network.push((await ask(`2001:db8::${index.toString(16)}`)).statusCode);
  expect(network.filter((status) => status === 429)).toHaveLength(1);
});

test('only behind a proxy is a request from whom its header says it is', async () => {
  const ask = async (behindProxy: boolean) => {
    const { app } = await openApp({ requestsPerMinute: 60, behindProxy });
    let refused = 0;
    for (let index = 0; index < 61; index += 1) {
      const headers = { 'x-forwarded-for': `192.0.2.${index}` };
      const { statusCode } = await app.inject({ url: '/api/health/live', remoteAddress: '127.0.0.1', headers });
      if (statusCode === 429) refused += 1;
    }
    return refused;
  };
  expect([await ask(false), await ask(true)]).toEqual([1, 0]);
});

test.each<[string, string]>([
  ['says nothing', ''],
  ['never ends its headers', 'GET /api/health HTTP/1.1\r\nhost: x\r\nx-slow: '],
  ['never sends its body', 'POST /api/health HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n'],
])('a client that %s is cut off', async (_, text) => {
  const { app } = await openApp();
  // As long as they are in operation; only shorter.
  Object.assign(app.server, { headersTimeout: 200, requestTimeout: 400 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const client = connect(Number(new URL(app.listeningOrigin).port), '127.0.0.1');
  client.on('error', () => undefined);
  client.write(text);
  const since = performance.now();
  await hungUp(client);
  expect(performance.now() - since).toBeLessThan(8_000);
});

test('a header or a body larger than anything asked for is refused', async () => {
  const { app } = await openApp();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const large = await fetch(`${app.listeningOrigin}/api/health`, { headers: { 'x-large': 'x'.repeat(20_000) } });
  expect(large.status).toBe(431);
  const body = JSON.stringify({ large: 'x'.repeat(70_000) });
  const posted = await app.inject({ method: 'POST', url: '/api/canteens', headers: { 'content-type': 'application/json' }, body });
  expect(posted.statusCode).toBeGreaterThanOrEqual(400);
  expect(posted.statusCode).toBeLessThan(500);
});

test('one address cannot take the live changes of all others', async () => {
  const { canteens, live, identity, now } = await openParts();
  const streams = createEventStreams({ canteens, live, sessions: identity.sessions, tickMs: 60_000, now });
  const caller = (from: string) => ({ who: undefined, reach: nothing, isStill: async () => true, from });
  onTestFinished(() => streams.close());
  const open = Array.from({ length: 100 }, () => streams.open(caller('192.0.2.1')));
  expect(() => streams.open(caller('192.0.2.1'))).toThrow(/^already 100 pages are open at this address; close some$/);
  open.push(streams.open(caller('192.0.2.2')));
  open[0]?.destroy();
  await vi.waitFor(() => expect(streams.count()).toBe(100));
  expect(() => streams.open(caller('192.0.2.1'))).not.toThrow();
});
