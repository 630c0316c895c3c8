import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '#config/settings.ts';
import { CanteenDescription, runCanteen } from './canteen.ts';
import { type Media, prepareMedia } from './media.ts';
import { ask } from './onvif/soap-client.ts';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'config/simulated-canteen.example.yaml');
const folder = mkdtempSync(join(tmpdir(), 'mingzao-simulate-'));
let media: Media;

beforeAll(async () => {
  media = await prepareMedia();
});
afterAll(() => rmSync(folder, { recursive: true }));

const account = { username: 'admin', password: 'simulator' };
const camera = { id: 'cooking-1', kind: 'camera' as const, ...account };
const canteenOf = (...devices: CanteenDescription['devices']): CanteenDescription => ({ host: '127.0.0.1', controlPort: 0, devices });

describe('a simulated canteen', () => {
  it('runs what the example file describes, on any free ports', async () => {
    const description = readSettings(example, CanteenDescription);
    const devices = description.devices.map((device) => ({ ...device, port: 0, rtspPort: 0 }));
    const canteen = await runCanteen({ ...description, controlPort: 0, devices }, { media });
    try {
      expect([...canteen.devices].map(([id, { kind }]) => `${id} ${kind}`)).toEqual([
        'dining-1 camera',
        'cooking-1 camera',
        'cleaning-1 camera',
        'recorder-1 recorder',
      ]);
      const replies = await Promise.all([...canteen.devices.values()].map(({ onvifUrl }) => ask(onvifUrl, '<tds:GetHostname/>')));
      expect(replies.map(({ all }) => all('Name')[0])).toEqual(['SIMCAM-DINING-1', 'SIMCAM-COOKING-1', 'SIMCAM-CLEANING-1', 'SIMNVR-1']);
    } finally {
      await canteen.close();
    }
  });

  it('has the faults on from the start that its description names', async () => {
    const canteen = await runCanteen(canteenOf({ ...camera, faults: ['black', 'clock-ahead'] }), { media });
    expect(canteen.devices.get('cooking-1')?.faults.active()).toEqual(['black', 'clock-ahead']);
    await canteen.close();
  });

  it.each([
    ['a host that is not this machine', { ...canteenOf(camera), host: '203.0.113.9' }, 'host: this machine has no such address'],
    [
      'a discovery interface that is not there',
      { ...canteenOf(camera), discoveryInterface: '203.0.113.9' },
      'no network interface with that',
    ],
    ['an id that is there twice', canteenOf(camera, camera), 'the id "cooking-1" is there twice'],
    [
      'a fault of another kind of device',
      canteenOf({ ...camera, faults: ['no-find-events'] }),
      'a camera cannot have the fault "no-find-events"',
    ],
  ])('is refused for %s', async (_, description, sentence) => {
    await expect(runCanteen(description, { media })).rejects.toThrow(sentence);
  });

  it('says which port is taken, and leaves nothing running', async () => {
    const canteen = await runCanteen(canteenOf(camera), { media });
    const port = canteen.devices.get('cooking-1')?.port ?? 0;
    const second = canteenOf({ ...camera, id: 'free' }, { ...camera, port });
    await expect(runCanteen(second, { media })).rejects.toThrow(`devices.cooking-1: port ${port} on 127.0.0.1 is taken by another program`);
    await canteen.close();
  });
});

describe('the command that runs a simulated canteen', () => {
  const file = (text: string) => {
    const path = join(folder, `${Math.random()}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  const command = (...words: string[]) =>
    spawn(process.execPath, ['scripts/simulate.ts', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const finished = async (child: ReturnType<typeof command>) => {
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const [code] = await once(child, 'close');
    return { code, errors };
  };

  it('prints where everything is, lets a fault be switched, and ends on Ctrl-C', async () => {
    const child = command(file('devices:\n  - { id: cooking-1, kind: camera, username: admin, password: simulator }\n'));
    const ended = finished(child);
    let printed = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      printed += text;
      if (printed.includes('Ctrl-C')) break;
    }
    const control = /Control\s+(http:\S+)\/devices/.exec(printed)?.[1] ?? '';
    expect(printed).toMatch(/ONVIF\s+http:\/\/127\.0\.0\.1:\d+\/onvif\/device_service/);
    expect(await finished(command('set', control, 'cooking-1', 'black', 'on'))).toEqual({ code: 0, errors: '' });
    expect(await (await fetch(`${control}/devices`)).json()).toMatchObject([{ faults: ['black'] }]);
    expect(await finished(command('set', control, 'cooking-1', 'tired', 'on'))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('"tired" is not a fault a camera can have'),
    });
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 0, errors: '' });
  });

  it.each([
    ['no file', [], 'Usage: simulate FILE'],
    ['a file that is not there', ['nowhere.yaml'], 'nowhere.yaml: there is no such file'],
    ['a switch that is neither on nor off', ['set', 'http://127.0.0.1:1', 'a', 'black', 'maybe'], 'Usage: simulate FILE'],
    ['an address that is none', ['set', 'here', 'a', 'black', 'on'], '"here" is not an address'],
    [
      'a control that is not running',
      ['set', 'http://127.0.0.1:1', 'a', 'black', 'on'],
      'No simulated canteen answers at http://127.0.0.1:1.',
    ],
  ])('answers %s with one sentence and exit code 2', async (_, words, sentence) => {
    const { code, errors } = await finished(command(...words));
    expect([code, errors.trim().split('\n')]).toEqual([2, [expect.stringContaining(sentence)]]);
  });

  it.each([
    ['refuses', 405],
    ['says yes to everything', 200],
  ])('says that a switch changed nothing where another program listens and %s', async (_, status) => {
    const stranger = createServer((_request, response) => response.writeHead(status).end('Hello')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    expect(await finished(command('set', url, 'cooking-1', 'black', 'on'))).toEqual({
      code: 2,
      errors: `What answers at ${url} is not the control of a simulated canteen; that address is printed at its start.\n`,
    });
    stranger.close();
  });

  it('names the key of a description that is wrong, and what is allowed', async () => {
    const path = file('devices:\n  - { id: cooking-1, kind: camera, username: admin, password: simulator, clip: 4k }\n');
    expect(await finished(command(path))).toEqual({
      code: 2,
      errors: `${path}: devices.0.clip: found "4k", allowed: h264-1080p, h265-1080p, h264-720p, black-1080p, frozen-1080p\n`,
    });
  });
});
