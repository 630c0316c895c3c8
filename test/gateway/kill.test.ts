// A gateway that is killed again and again, at any moment, while devices fail and the server acknowledges.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { runCanteen } from '../simulators/canteen.ts';
import { prepareMedia } from '../simulators/media.ts';
import { processesNaming } from './processes.ts';
import { createRememberingServer } from './remembering-server.ts';

const rounds = 20;
const patient = { timeout: 60_000, interval: 50 };
const account = { username: 'mingzao', password: 'kitchen-cameras' };
const cameras = ['camera-1', 'camera-2', 'camera-3'];
const faults = ['unplugged', 'stalled', 'silent', 'black'] as const;

test('a gateway killed at any moment loses nothing it had stored, and leaves neither processes nor files behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-kill-'));
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  const server = await createRememberingServer('canteen-1');
  const canteen = await simulate();
  const config = configure(folder, { server: server.url, addresses: addressesOf(canteen) });
  const start = () => spawnGateway(config, scratch);
  const leftovers = () => ({ files: readdirSync(scratch), processes: processesNaming(scratch) });

  for (let round = 0; round < rounds; round += 1) {
    const gateway = start();
    const camera = canteen.devices.get(cameras[round % cameras.length] ?? '');
    const fault = faults[round % faults.length] ?? 'unplugged';
    await passed(300 + Math.random() * 2500); // any moment will do: nothing below depends on it
    await camera?.faults.set(fault);
    gateway.process.kill('SIGKILL');
    expect(await gateway.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await camera?.faults.clear(fault);
  }
  await vi.waitFor(() => expect(leftovers().processes).toEqual([]), patient);

  const gateway = start();
  const sound = Object.fromEntries(cameras.flatMap((id) => checks.map((check) => [`${id} ${check}`, 'ok'])));
  await vi.waitFor(() => expect(server.outcomes()).toEqual(sound), patient);
  gateway.process.kill('SIGTERM');
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  expect(leftovers()).toEqual({ files: [], processes: [] });

  const sequences = [...new Set(server.events.map(({ sequence }) => sequence))].toSorted((a, b) => a - b);
  expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index + 1));
  expect(new Set(server.events.map(({ epoch }) => epoch)).size).toBe(1);
  expect(new Set(server.events.map((event) => JSON.stringify(event))).size).toBe(sequences.length); // sent twice is sent alike
  expect(server.events.filter(({ type }) => type === 'cn.mingzao.loss.v1')).toEqual([]);
  expect(new Set(server.events.filter(({ type }) => type === 'cn.mingzao.layout.v1').map(({ id }) => id)).size).toBeGreaterThan(rounds / 2);

  await canteen.close();
  await server.close();
  rmSync(folder, { recursive: true });
}, 240_000);

const checks = ['reachable', 'clock', 'identity', 'stream', 'picture'];

async function simulate() {
  const devices = cameras.map((id) => ({ kind: 'camera' as const, id, ...account }));
  return runCanteen({ host: '127.0.0.1', controlPort: 0, devices }, { media: await prepareMedia() });
}

function addressesOf({ devices }: Awaited<ReturnType<typeof simulate>>): [string, string][] {
  return [...devices].map(([id, { onvifUrl }]) => [id, new URL(onvifUrl).origin]);
}

function configure(folder: string, { server, addresses }: { server: string; addresses: [string, string][] }): string {
  for (const [name, secret] of Object.entries({ 'server.key': 'k', 'cameras.password': account.password }))
    writeFileSync(join(folder, name), secret);
  const reached = { zones: ['cooking'], username: account.username, passwordFile: 'cameras.password' };
  const config = {
    canteen: 'canteen-1',
    server: { url: server, keyFile: 'server.key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
    cameras: addresses.map(([id, address]) => ({ id, name: id, address, ...reached })),
    intervals: { contact: 2, sample: 10 },
  };
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

function spawnGateway(config: string, scratch: string) {
  const main = join(import.meta.dirname, '../../gateway/main.ts');
  const env = { ...process.env, TMPDIR: scratch };
  const child = spawn(process.execPath, [main, 'run', '--config', config], { stdio: 'ignore', env });
  return { process: child, exited: once(child, 'exit').then(([code, signal]) => ({ code, signal })) };
}
