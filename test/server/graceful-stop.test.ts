// A server that is asked to stop while much comes in: what it acknowledged is stored, what it stored is acknowledged, and it is gone in time.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { firstAdministrator } from '../signed-in.ts';
import { run, startSender, writeConfig } from './server-program.ts';

const canteens = ['qiaodong', 'heping', 'xinghua', 'nanhua'];

test('stopped under load it stores, acknowledges and closes within ten seconds, and leaves nobody with another answer than its disk', async () => {
  const config = writeConfig({}, canteens);
  const server = run('--config', config);
  const at = await server.listening();
  const senders = await Promise.all(canteens.map((canteen) => startSender(at.mqtt, canteen)));
  const { cookie } = await firstAdministrator(await server.firstLink());
  const page = get(`${at.address}/api/events`, { headers: { connection: 'keep-alive', cookie } });
  const [changes] = (await once(page, 'response')) as [IncomingMessage];
  expect(changes.statusCode).toBe(200);
  const pageEnded = new Promise<void>((resolve) => changes.resume().once('close', () => resolve()));
  await vi.waitFor(() => expect(Math.min(...senders.map((sender) => sender.acknowledged()))).toBeGreaterThan(500), 60_000);

  const since = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.exited).toMatchObject({ code: 0, err: '' });
  expect(performance.now() - since).toBeLessThan(10_000);
  await pageEnded;
  await Promise.all(senders.map((sender) => sender.ended));

  const database = new DatabaseSync(join(dirname(config), 'data/state.db'), { readOnly: true });
  const stored = database.prepare('select count(*) as count, max(sequence) as last from events where canteen = ?');
  for (const [index, sender] of senders.entries()) {
    const acknowledged = sender.acknowledged();
    expect({ canteen: canteens[index], ...stored.get(canteens[index] ?? '') }).toEqual({
      ...{ canteen: canteens[index], count: acknowledged, last: acknowledged },
    });
  }
  database.close();
}, 120_000);
