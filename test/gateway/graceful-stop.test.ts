// A gateway that is asked to stop while its cameras hang and its server has fallen silent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createOutbox } from '../../gateway/outbox.ts';
import { createLine } from '../../scripts/chaos/line.ts';
import { silentLog } from '../silent-log.ts';
import { createRememberingServer } from './remembering-server.ts';

test('it is gone within ten seconds, with all that it has told or could not tell on the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'graceful-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const server = await createRememberingServer('canteen-1');
  const line = await createLine(Number(new URL(server.url).port));
  const hung = createServer(() => undefined);
  await once(hung.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    hung.closeAllConnections();
    hung.close();
    await line.close();
    await server.close();
  });
  writeFileSync(join(folder, 'key'), 'k');
  const address = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`;
  const settings = {
    canteen: 'canteen-1',
    server: { url: `mqtt://127.0.0.1:${line.port}`, keyFile: 'key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: '烹饪区' }],
    cameras: Array.from({ length: 8 }, (_, index) => ({ id: `camera-${index}`, name: 'c', zones: ['cooking'], address })),
    intervals: { contact: 2 },
  };
  const file = join(folder, 'gateway.json');
  writeFileSync(file, JSON.stringify(settings));
  const gateway = spawn(process.execPath, [resolve('gateway/main.ts'), 'run', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void gateway.kill('SIGKILL'));
  let said = '';
  gateway.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await vi.waitFor(() => expect(server.events.length).toBeGreaterThan(8), 30_000);
  line.be('half-open');
  const told = server.events.length;
  await vi.waitFor(() => expect(said).toContain('connected to the server'), 10_000);

  const since = performance.now();
  gateway.kill('SIGTERM');
  expect(await once(gateway, 'exit')).toEqual([0, null]);
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(said).toContain('the gateway has stopped');

  const now = Date.now;
  const outbox = createOutbox({
    file: join(folder, 'data/outbox.db'),
    canteen: 'canteen-1',
    maxEvents: 1000,
    maxBytes: 1e8,
    now,
    log: silentLog,
  });
  onTestFinished(() => outbox.close());
  const waits = outbox.pending(0, 1000).map(({ sequence }) => sequence);
  const known = new Set([...server.events.slice(0, told).map(({ sequence }) => sequence), ...waits]);
  expect([...known].toSorted((a, b) => a - b)).toEqual(Array.from({ length: Math.max(...known) }, (_, index) => index + 1));
}, 90_000);
