// Server and gateway with secrets planted wherever one can stand, through every failure that might make them talk; then their logs are searched.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import mqtt from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { reachable } from '../server/ingest-messages.ts';

const secrets = {
  key: 'planted-gateway-key-1',
  camera: 'planted-camera-password-2',
  influx: 'planted-influx-password-3',
  broker: 'planted-broker-password-4',
  postgres: 'planted-postgres-password-5',
  wrong: 'planted-wrong-key-6',
  bearer: 'planted-bearer-7',
  cookie: 'planted-cookie-8',
  query: 'planted-query-9',
  body: 'planted-body-10',
};

function plantedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'secrets'));
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(folder, 'secrets', name), `${secret}\n`);
  return folder;
}

function run(program: string, args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [resolve(program), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += chunk;
    });
  return {
    child,
    said: () => said,
    says: (text: string) => vi.waitFor(() => expect(said).toContain(text), 20_000),
    ended: once(child, 'exit'),
  };
}

/** As it is, and as it travels. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
}

function expectNoSecret(said: string): void {
  expect(said.length).toBeGreaterThan(200);
  expectNothingPlanted(said);
}

function expectNothingPlanted(said: string): void {
  for (const [name, secret] of Object.entries(secrets))
    for (const form of formsOf(secret)) expect(said.includes(form), `${name} stands in the log`).toBe(false);
}

const standard = resolve('config/standards/taiyuan-community-2022.yaml');
const canteens = [{ id: 'qiaodong', name: '桥东', district: '迎泽区', gatewayKeyFile: 'secrets/key' }];
const influx = { url: 'http://mingzao@127.0.0.1:1/mingzao', passwordFile: 'secrets/influx' };

function writeServer(settings: object): string {
  const file = join(plantedFolder(), 'server.json');
  const usual = { listen: { port: 0 }, mqtt: { listen: { port: 0 } }, standard, canteens, telemetry: influx, log: { level: 'trace' } };
  writeFileSync(file, JSON.stringify({ ...usual, ...settings }));
  return file;
}

test('a server that refuses, fails and is asked wrongly tells no secret', async () => {
  const server = run('server/main.ts', ['--config', writeServer({})]);
  await server.says('"listening"');
  const lines = server.said().trim().split('\n');
  const at = JSON.parse(lines.find((line) => line.includes('"listening"')) ?? '{}');
  const wrong = { username: 'qiaodong', password: secrets.wrong, reconnectPeriod: 0 };
  await expect(mqtt.connectAsync(at.mqtt, wrong)).rejects.toThrow();
  await expect(mqtt.connectAsync(at.mqtt, { ...wrong, username: secrets.wrong.slice(0, 5), clientId: secrets.wrong })).rejects.toThrow();
  const headers = {
    authorization: `Bearer ${secrets.bearer}`,
    cookie: `session=${secrets.cookie}`,
    'content-type': 'application/json',
    'x-mingzao': '1',
  };
  const bodies = [JSON.stringify({ name: '王工', password: secrets.body }), `{ "password": "${secrets.body}`];
  for (const path of ['/api/canteens', '/nothing', '/api/enrol', '/api/sign-in', '/api/links/accept'])
    for (const body of bodies) await fetch(`${at.address}${path}?token=${secrets.query}`, { method: 'POST', headers, body });
  const gateway = await mqtt.connectAsync(at.mqtt, { ...wrong, password: secrets.key });
  gateway.on('error', () => undefined);
  await gateway.publishAsync('mz/v1/qiaodong/events', JSON.stringify([reachable(1), { password: secrets.body }]), { qos: 1 });
  gateway.publish('mz/v1/elsewhere/events', secrets.key);
  await server.says('telemetry store cannot be reached');
  await server.says('quarantine');
  server.child.kill('SIGTERM');
  await server.ended;
  expectNoSecret(server.said());
}, 60_000);

test('a server that reaches neither its broker nor its database tells no secret', async () => {
  const nobody = createTcpServer((socket) => socket.end('no'));
  await once(nobody.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void nobody.close());
  const { port } = nobody.address() as AddressInfo;
  const broker = { url: `mqtt://mingzao@127.0.0.1:${port}`, passwordFile: 'secrets/broker' };
  const outside = run('server/main.ts', ['--config', writeServer({ mqtt: { broker } })]);
  await outside.says('no connection to the MQTT broker');
  outside.child.kill('SIGTERM');
  await outside.ended;
  expectNoSecret(outside.said());

  const state = { url: `postgres://mingzao@127.0.0.1:${port}/mingzao`, passwordFile: 'secrets/postgres' };
  const homeless = run('server/main.ts', ['--config', writeServer({ state })]);
  await homeless.ended;
  expect(homeless.said()).toMatch(/^postgres:.*cannot be read: /);
  expect(homeless.child.exitCode).toBe(1);
  expectNothingPlanted(homeless.said());
}, 60_000);

test('a gateway whose cameras echo what they are told, and whose server refuses it, tells no secret', async () => {
  const heard: string[] = [];
  const echo = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const told = `${JSON.stringify(request.headers)} ${Buffer.concat(chunks)} ${secrets.camera}`;
      heard.push(told);
      response.writeHead(heard.length % 3 === 0 ? 401 : 500, {
        'www-authenticate': `Basic realm="${told.slice(0, 100).replaceAll(/[^a-z]/g, '')}"`,
      });
      response.end(`<fault>${told}</fault>`);
    });
  });
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void echo.close());
  const nobody = createTcpServer((socket) => socket.end(Buffer.from([0x20, 2, 0, 5]))); // CONNACK: not authorized
  await once(nobody.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void nobody.close());

  const folder = plantedFolder();
  const account = { username: 'mingzao', passwordFile: 'secrets/camera', zones: ['cooking'] };
  const address = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const settings = {
    canteen: 'qiaodong',
    server: { url: `mqtt://127.0.0.1:${(nobody.address() as AddressInfo).port}`, keyFile: 'secrets/key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: '烹饪区' }],
    cameras: [
      { id: 'echo', name: 'echo', address, ...account },
      { id: 'gone', name: 'gone', address: 'http://127.0.0.1:1', ...account, streamUri: 'rtsp://127.0.0.1:1/live' },
    ],
    recorders: [{ id: 'recorder', name: 'recorder', address, username: 'mingzao', passwordFile: 'secrets/camera', cameras: ['echo'] }],
    intervals: { contact: 2, stream: 10, picture: 10 },
    log: { level: 'debug' },
  };
  const file = join(folder, 'gateway.json');
  writeFileSync(file, JSON.stringify(settings));
  const gateway = run('gateway/main.ts', ['run', '--config', file]);
  await gateway.says('no connection to the server');
  await vi.waitFor(() => expect(heard.length).toBeGreaterThan(10), 30_000);
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  expectNoSecret(gateway.said());
}, 90_000);
