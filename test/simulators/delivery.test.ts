import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createFaults } from './faults.ts';
import { deliver } from './onvif/delivery.ts';

test('a dripping answer to somebody who is gone leaves no timer behind', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, answering) => asked.resolve(answering)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const question = request({ port: (server.address() as AddressInfo).port }).on('error', () => undefined);
  question.end();
  const response = await asked.promise;
  const closed = once(response, 'close');
  question.destroy();
  await closed;
  const faults = createFaults();
  await faults.set('slow-drip');
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  await deliver({ status: 200, headers: {}, body: 'a body of some bytes' }, { response, faults });
  expect(vi.getTimerCount()).toBe(0);
});
