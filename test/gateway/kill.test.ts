// Gateways that are killed again and again, at any moment, while devices fail and the server acknowledges.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { runCanteen, type SimulatedCanteen } from '../simulators/canteen.ts';
import { prepareMedia } from '../simulators/media.ts';
import { processesNaming } from './processes.ts';
import { createRememberingServer, type RememberingServer } from './remembering-server.ts';

/** Side by side, each with a folder, a server and a scratch folder of its own: a hundred in all. */
const gateways = 4;
const rounds = 25;
const patient = { timeout: 120_000, interval: 50 };
const account = { username: 'mingzao', password: 'kitchen-cameras' };
const cameras = ['camera-1', 'camera-2'];
const faults = ['unplugged', 'stalled', 'silent', 'black'] as const;
const checks = {
  camera: ['reachable', 'clock', 'identity', 'stream', 'picture'],
  recorder: ['reachable', 'clock', 'identity', 'playback'],
};
const sound = Object.fromEntries([
  ...cameras.flatMap((id) => checks.camera.map((check) => [`${id} ${check}`, 'ok'])),
  ...checks.recorder.map((check) => [`recorder ${check}`, 'ok']),
]);

let folder: string;
let canteen: SimulatedCanteen;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-kill-'));
  const recorder = { kind: 'recorder' as const, id: 'recorder', channels: [{ name: 'kitchen', days: 92 }], ...account };
  const devices = [...cameras.map((id) => ({ kind: 'camera' as const, id, ...account })), recorder];
  canteen = await runCanteen({ host: '127.0.0.1', controlPort: 0, devices }, { media: await prepareMedia() });
}, 60_000);
afterAll(async () => {
  await canteen.close();
  rmSync(folder, { recursive: true });
});

test('gateways killed a hundred times at any moment lose nothing they had stored, and leave neither processes nor files behind', async () => {
  const killed = await Promise.all(Array.from({ length: gateways }, (_, index) => killAgainAndAgain(index)));
  await Promise.all(killed.map((gateway) => gateway.recover()));
  for (const gateway of killed) {
    gateway.expectAllTold();
    await gateway.close();
  }
}, 400_000);

async function killAgainAndAgain(index: number) {
  const own = join(folder, `gateway-${index}`);
  const scratch = join(own, 'tmp');
  mkdirSync(scratch, { recursive: true });
  const server = await createRememberingServer('canteen-1');
  const config = configure(own, server.url);

  for (let round = 0; round < rounds; round += 1) {
    const gateway = spawnGateway(config, scratch);
    // One in five before it has even opened its files. Any moment will do: nothing below depends on it.
    if (round % 5 > 0) await gateway.started;
    await passed(Math.random() * (round % 5 > 0 ? 1500 : 700));
    const camera = canteen.devices.get(cameras[(round + index) % cameras.length] ?? '');
    const fault = faults[round % faults.length] ?? 'unplugged';
    await camera?.faults.set(fault);
    gateway.process.kill('SIGKILL');
    expect(await gateway.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await camera?.faults.clear(fault);
  }
  await vi.waitFor(() => expect(processesNaming(scratch)).toEqual([]), patient);

  return {
    /** It looks at everything once more, tells what it sees and all that waited, and is stopped properly. */
    async recover() {
      const gateway = spawnGateway(config, scratch);
      await vi.waitFor(() => expect(server.outcomes()).toMatchObject(sound), patient);
      await vi.waitFor(() => expect(namedPictures(server).filter((sha256) => !server.pictures.has(sha256))).toEqual([]), patient);
      gateway.process.kill('SIGTERM');
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
      expect({ files: readdirSync(scratch), processes: processesNaming(scratch) }).toEqual({ files: [], processes: [] });
    },
    expectAllTold() {
      const sequences = [...new Set(server.events.map(({ sequence }) => sequence))].toSorted((a, b) => a - b);
      expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, at) => at + 1));
      expect(new Set(server.events.map(({ epoch }) => epoch)).size).toBe(1);
      expect(new Set(server.events.map((event) => JSON.stringify(event))).size).toBe(sequences.length); // sent twice is sent alike
      expect(server.events.filter(({ type }) => type === 'cn.mingzao.loss.v1')).toEqual([]);
      const lives = new Set(server.events.filter(({ type }) => type === 'cn.mingzao.layout.v1').map(({ id }) => id));
      expect(lives.size).toBeGreaterThan(rounds / 2);
      expect(namedPictures(server).length).toBeGreaterThan(0);
      for (const [sha256, bytes] of server.pictures) expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    },
    close: () => server.close(),
  };
}

/** The pictures that facts name. */
function namedPictures(server: RememberingServer): string[] {
  return server
    .facts()
    .flatMap((fact) => (fact.check === 'playback' ? (fact.measured?.samples ?? []) : []))
    .flatMap(({ sha256 }) => sha256 ?? []);
}

function configure(own: string, server: string): string {
  for (const [name, secret] of Object.entries({ 'server.key': 'k', 'devices.password': account.password }))
    writeFileSync(join(own, name), secret);
  const reached = (id: string) => ({
    id,
    name: id,
    address: new URL(canteen.devices.get(id)?.onvifUrl ?? '').origin,
    username: account.username,
    passwordFile: 'devices.password',
  });
  const config = {
    canteen: 'canteen-1',
    server: { url: server, keyFile: 'server.key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
    cameras: cameras.map((id) => ({ ...reached(id), zones: ['cooking'] })),
    recorders: [{ ...reached('recorder'), cameras: [] }],
    intervals: { contact: 2, stream: 10, picture: 10, playback: 60 },
  };
  const file = join(own, 'gateway.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

function spawnGateway(config: string, scratch: string) {
  const main = join(import.meta.dirname, '../../gateway/main.ts');
  // What one start has compiled the next ones need not.
  const env = { ...process.env, TMPDIR: scratch, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const child = spawn(process.execPath, [main, 'run', '--config', config], { stdio: ['ignore', 'pipe', 'ignore'], env });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const { promise: started, resolve } = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk) => {
    if (String(chunk).includes('the gateway has started')) resolve();
  });
  return { process: child, exited, started: Promise.race([started, exited]) };
}
