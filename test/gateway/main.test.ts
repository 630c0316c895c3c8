// The gateway as a process of its own, between a simulated camera and recorder and a real broker.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type SimulatedRecorder } from '../simulators/recorder.ts';
import { createRememberingServer, type RememberingServer } from './remembering-server.ts';

const main = join(import.meta.dirname, '../../gateway/main.ts');
const patient = { timeout: 40_000, interval: 50 };

describe('a command that cannot be carried out', () => {
  test.each<[string[], RegExp]>([
    [[], /^a command is missing\nusage: run/],
    [['fly'], /^"fly" is no command\nusage: run/],
    [['run'], /--config is missing/],
    [['run', '--confg', 'x'], /Unknown option '--confg'/],
    [['run', '--config', '/nowhere/gateway.yaml'], /\/nowhere\/gateway.yaml: there is no such file/],
    [['inspect'], /exactly one address is needed/],
  ])('(%j) ends with 2 and one sentence', (args, sentence) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
    expect(stderr).toMatch(sentence);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('a running gateway', () => {
  let media: Media;
  let folder: string;
  let camera: SimulatedCamera;
  let recorder: SimulatedRecorder;
  let server: RememberingServer;
  let gateway: ChildProcess;
  let output: string;

  beforeAll(async () => {
    media = await prepareMedia();
  }, 120_000);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-main-'));
    const account = { media, username: 'mingzao', password: 'kitchen-cameras' };
    camera = await createCamera(account);
    recorder = await createRecorder({ ...account, channels: [{ name: 'camera-1', clip: 'h264-720p' }] });
    server = await createRememberingServer('canteen-1');
    gateway = start();
  });
  afterEach(async () => {
    if (gateway.exitCode === null && gateway.signalCode === null) {
      gateway.kill('SIGKILL');
      await once(gateway, 'exit');
    }
    await server.close();
    await camera.close();
    await recorder.close();
    rmSync(folder, { recursive: true });
  });

  function start(): ChildProcess {
    for (const [name, secret] of Object.entries({ 'server.key': 'k', 'cameras.password': 'kitchen-cameras' }))
      writeFileSync(join(folder, name), secret);
    const account = { username: 'mingzao', passwordFile: 'cameras.password' };
    const config = {
      canteen: 'canteen-1',
      server: { url: server.url, keyFile: 'server.key' },
      zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
      cameras: [{ id: 'camera-1', name: 'Stove', zones: ['cooking'], address: new URL(camera.onvifUrl).origin, ...account }],
      recorders: [{ id: 'recorder-1', name: 'Recorder', cameras: ['camera-1'], address: new URL(recorder.onvifUrl).origin, ...account }],
      intervals: { contact: 2, stream: 10, picture: 10 },
    };
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, stringify(config));
    output = '';
    const child = spawn(process.execPath, [main, 'run', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const note = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    return child;
  }

  async function stop(): Promise<number | null> {
    gateway.kill('SIGTERM');
    const [code] = await once(gateway, 'exit');
    return code;
  }

  const allWell = {
    'camera-1 reachable': 'ok',
    'camera-1 clock': 'ok',
    'camera-1 identity': 'ok',
    'camera-1 stream': 'ok',
    'camera-1 picture': 'ok',
    'camera-1 tamper': 'ok',
    'camera-1 inputs': 'ok',
    'camera-1 account': 'not-supported',
    'recorder-1 reachable': 'ok',
    'recorder-1 clock': 'ok',
    'recorder-1 identity': 'ok',
    'recorder-1 footage': 'ok',
    'recorder-1 playback': 'ok',
    'recorder-1 account': 'not-supported',
    'recorder-1 storage': 'not-supported',
  };
  const isAllWell = () => vi.waitFor(() => expect(server.outcomes()).toEqual(allWell), patient);

  test('tells its layout and all it sees, goes on where it was after being killed, and leaves in order', async () => {
    await isAllWell();
    expect(server.events.find(({ sequence }) => sequence === 1)).toMatchObject({
      type: 'cn.mingzao.layout.v1',
      data: { cameras: [{ id: 'camera-1', zones: ['cooking'] }], recorders: [{ id: 'recorder-1', cameras: ['camera-1'] }] },
    });

    const dataDir = join(folder, 'data');
    const kept = () => readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(dataDir, name));
    expect(kept()).toContain(join(dataDir, 'outbox.db'));
    for (const path of [dataDir, ...kept()]) expect((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077).toBe(0);

    const last = Math.max(...server.events.map(({ sequence }) => sequence));
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
    chmodSync(dataDir, 0o755); // as an older version left it
    gateway = start();
    await vi.waitFor(() => expect(server.events.at(-1)?.sequence).toBeGreaterThan(last), patient);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(new Set(server.events.map(({ epoch }) => epoch)).size).toBe(1);

    expect(await stop()).toBe(0);
    expect(server.statuses.at(-1)).toBe(false);
    expect(output).toContain('the gateway has stopped');
    expect(output).not.toContain('kitchen-cameras');
  }, 120_000);

  test('tells that a camera is unplugged, is back, is another one, and that its password is refused', async () => {
    await isAllWell();
    await camera.faults.set('unplugged');
    const unplugged = { 'camera-1 reachable': 'refused', 'camera-1 stream': 'device-unreachable' };
    await vi.waitFor(() => expect(server.outcomes()).toMatchObject(unplugged), patient);
    await camera.faults.clear('unplugged');
    await isAllWell();

    await camera.faults.set('other-serial');
    expect(await server.ask({ kind: 'probe-now', device: 'camera-1' })).toMatch(/^done/);
    const replaced = { 'camera-1 identity': 'wrong-device', 'camera-1 stream': 'wrong-device', 'camera-1 picture': 'wrong-device' };
    await vi.waitFor(() => expect(server.outcomes()).toMatchObject(replaced), patient);

    await camera.faults.clear('other-serial');
    await camera.faults.set('wrong-password');
    await server.ask({ kind: 'probe-now', device: 'camera-1' });
    await vi.waitFor(() => expect(server.outcomes()).toMatchObject({ 'camera-1 stream': 'credentials-refused' }), patient);
    await camera.faults.clear('wrong-password');
    await server.ask({ kind: 'probe-now', device: 'camera-1' });
    await isAllWell();
  }, 120_000);
});
