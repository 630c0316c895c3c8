// The command itself, in a process of its own.
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import mqtt from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { firstAdministrator } from '../signed-in.ts';
import { requestFor } from './gateway-certificates.ts';
import { reachable } from './ingest-messages.ts';
import { run, startSender, writeConfig } from './server-program.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test.each<[how: string, signal: NodeJS.Signals, code: number | null]>([
  ['it is asked to', 'SIGTERM', 0],
  ['it is killed', 'SIGKILL', null],
])('what the server acknowledged is there again after it stopped because %s, and for its own user alone', async (_, signal, code) => {
  const config = writeConfig();
  const dataDir = join(dirname(config), 'data');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o755);
  const first = run('--config', config);
  const at = await first.listening();
  expect([modeOf(dataDir), modeOf(join(dataDir, 'authority/crl.pem'))]).toEqual(['700', '644']);
  for (const name of ['state.db', 'state.db-wal', 'state.db-shm', 'telemetry.db', 'lock.db'])
    expect(modeOf(join(dataDir, name))).toBe('600');
  const { cookie } = await firstAdministrator(await first.firstLink());
  const client = await mqtt.connectAsync(at.mqtt, { username: 'qiaodong', password: 'key-of-qiaodong', reconnectPeriod: 0 });
  const acked = new Promise<Buffer>((resolve) => client.once('message', (_, payload) => resolve(payload)));
  await client.subscribeAsync(topic('qiaodong', 'ack'), { qos: 1 });
  await client.publishAsync(topic('qiaodong', 'events'), JSON.stringify([reachable(1)]), { qos: 1 });
  expect(JSON.parse((await acked).toString())).toMatchObject({ data: { epoch: 'epoch-1', sequence: 1 } });
  first.child.kill(signal);
  expect(await first.exited).toMatchObject({ code, err: '' });
  await client.endAsync(true);
  chmodSync(join(dataDir, 'state.db'), 0o644); // as an older version left it

  const second = run('--config', config);
  const health = await fetch(`${(await second.listening()).address}/api/health/details`, { headers: { cookie } });
  expect(await health.json()).toMatchObject({ status: 'ok', eventsStored: 1, canteens: 1 });
  expect(modeOf(join(dataDir, 'state.db'))).toBe('600');
  second.child.kill('SIGINT');
  expect((await second.exited).code).toBe(0);
});

test('what a broker outside is given can be read by it, but for the key, which is to be handed over', async () => {
  const config = writeConfig();
  const folder = join(dirname(config), 'tls');
  expect(await run('certificate', folder, 'broker.example.org', '--config', config).exited).toMatchObject({ code: 0, err: '' });
  expect(modeOf(folder)).toBe('755');
  const names = ['authority.pem', 'server.pem', 'server-key.pem'];
  expect(names.map((name) => modeOf(join(folder, name)))).toEqual(['644', '644', '600']);
});

test('killed in the middle of a load, the server has everything it had acknowledged, and goes on with the rest', async () => {
  const config = writeConfig();
  const first = run('--config', config);
  const at = await first.listening();
  const sender = await startSender(at.mqtt);
  await vi.waitFor(() => expect(sender.acknowledged()).toBeGreaterThan(2000), 20_000);
  first.child.kill('SIGKILL');
  await first.exited;
  const acknowledged = sender.acknowledged();
  await sender.stop();

  const database = new DatabaseSync(join(dirname(config), 'data/state.db'), { readOnly: true });
  expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(Number(database.prepare('select count(*) as count from events where sequence <= ?').get(acknowledged)?.count)).toBe(acknowledged);
  database.close();

  const second = run('--config', config);
  const again = await startSender((await second.listening()).mqtt);
  await vi.waitFor(() => expect(again.acknowledged()).toBeGreaterThan(acknowledged), 20_000);
  await again.stop();
});

test('a server at work is backed up by a word on the command line, and not restored under', async () => {
  const config = writeConfig();
  const file = join(dirname(config), 'backup.tar');
  const server = run('--config', config);
  await server.listening();
  expect(await run('backup', file, '--config', config).exited).toEqual({
    code: 0,
    out: `${file} holds what the server knows as of now\n`,
    err: '',
  });
  expect(await run('restore', file, '--config', config).exited).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^another server is at work/),
  });
  server.child.kill('SIGTERM');
  await server.exited;
  expect(await run('restore', file, '--config', config).exited).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^restored what the server knew at /),
  });
});

test('a claim code is made by a word on the command line, and opens the server at work', async () => {
  const config = writeConfig();
  const server = run('--config', config);
  const { address } = await server.listening();
  const { code: exit, out } = await run('claim-code', 'qiaodong', '--config', config).exited;
  expect(exit).toBe(0);
  const [code, , command] = out.split('\n');
  expect(command).toMatch(/^npm run gateway -- enrol --server https:.* --fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2} --config config/);
  const { request } = requestFor('x');
  const enrolled = await fetch(`${address}/api/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mingzao': '1' },
    body: JSON.stringify({ code, request }),
  });
  expect(await enrolled.json()).toMatchObject({ canteen: 'qiaodong', certificate: expect.stringContaining('BEGIN CERTIFICATE') });
});

test('a second server on the same folder ends with one sentence, and the first goes on', async () => {
  const config = writeConfig();
  const first = run('--config', config);
  const { address } = await first.listening();
  const { code, err } = await run('--config', config).exited;
  expect(err).toMatch(/^another server is at work in .*data: stop it first, or give this one another dataDir\n$/);
  expect(code).toBe(1);
  expect((await fetch(`${address}/api/health`)).status).toBe(200);
});

test('a port that is taken ends it with one sentence and code 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, err } = await run('--config', writeConfig(), '--port', String(port)).exited;
  expect(err).toMatch(new RegExp(`^HTTP cannot listen at 127\\.0\\.0\\.1:${port} .*in use.*--port\n$`));
  expect(code).toBe(1);
});

test.each<[string, () => string[], RegExp]>([
  ['no settings file', () => [], /^--config is missing; usage:/],
  ['a settings file that is not there', () => ['--config', '/nowhere.yaml'], /^\/nowhere\.yaml: there is no such file\n$/],
  ['a setting that is wrong', () => ['--config', writeConfig({ sweepSeconds: 0 })], /sweepSeconds: found 0, it must be >= 1/],
  ['a port that is none', () => ['--config', writeConfig(), '--port', 'high'], /^--port: found "high", allowed: 0 to 65535/],
  [
    'a word nobody knows',
    () => ['bakcup', 'x', '--config', writeConfig()],
    /^found "bakcup x", allowed: backup FILE, restore FILE, certificate FOLDER NAME…, claim-code CANTEEN, audit verify, audit export FILE; usage:/,
  ],
  ['a back-up to nowhere in particular', () => ['backup', '--config', writeConfig()], /^found "backup", allowed: backup FILE/],
  ['an option nobody knows', () => ['--colour'], /--colour/],
])('%s ends it with a sentence and code 2', async (_, args, sentence) => {
  const { code, err } = await run(...args()).exited;
  expect(err).toMatch(sentence);
  expect(code).toBe(2);
});
