import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSettings } from '#config/settings.ts';
import { GatewayConfig } from '../../gateway/config.ts';
import { runDiscover } from '../../gateway/discover.ts';
import { scanAddresses } from '../../gateway/onvif/scan.ts';
import { prepareMedia } from '../simulators/media.ts';
import { clockAnswer, httpDevice, rawDevice, soapFault } from './onvif-raw-device.ts';
import { mayHavePrivateNetwork, runInPrivateNetwork } from './private-network.ts';

async function discover(...args: string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const code = await runDiscover(args, {
    stdout: (line) => said.out.push(line),
    stderr: (line) => said.err.push(line),
    signal: AbortSignal.timeout(20_000),
    now: Date.now,
  });
  return { code, out: said.out.join('\n'), err: said.err.join('\n') };
}

describe('a scan', () => {
  test('finds what speaks ONVIF, and only that', async () => {
    await using camera = await httpDevice((_, response) => response.end(clockAnswer(Date.now())));
    await using shy = await httpDevice((_, response) => void response.writeHead(400).end(soapFault('ter:NotAuthorized')));
    await using page = await httpDevice((_, response) => response.end('<html></html>'));
    await using silent = await rawDevice(() => undefined);
    const targets = [camera, shy, page, silent].map(({ port }) => `127.0.0.1:${port}`);
    const found = await scanAddresses(targets, { signal: AbortSignal.timeout(10_000), now: Date.now });
    expect(found).toEqual([camera, shy].map(({ address }) => ({ address, via: 'scan' })));
  });

  test('that is told to stop asks no more', async () => {
    expect(await scanAddresses(['127.0.0.0/20'], { signal: AbortSignal.abort(), now: Date.now })).toEqual([]);
  });

  test('prints a line for each device, or JSON', async () => {
    await using camera = await httpDevice((_, response) => response.end(clockAnswer(Date.now())));
    const target = `127.0.0.1:${camera.port}`;
    expect(await discover('--no-multicast', '--scan', target)).toEqual({ code: 0, out: `${camera.address}  scan`, err: '' });
    const { out } = await discover('--no-multicast', '--scan', target, '--json');
    expect(JSON.parse(out)).toEqual({ devices: [{ address: camera.address, via: 'scan' }], problems: [] });
  });

  test('prints, when asked, the lines that register what it found', async () => {
    await using camera = await httpDevice((_, response) => response.end(clockAnswer(Date.now())));
    const { out } = await discover('--no-multicast', '--scan', `127.0.0.1:${camera.port}`, '--settings');
    const file = join(mkdtempSync(join(tmpdir(), 'mingzao-discover-')), 'gateway.yaml');
    writeFileSync(file, `canteen: c1\nserver: { url: 'mqtt://127.0.0.1:1883', keyFile: key }\nzones: []\n${out}\n`);
    expect(readSettings(file, GatewayConfig).cameras).toEqual([{ id: 'camera-1', name: 'camera 1', zones: [], address: camera.address }]);
  });

  test('of a name nobody knows says so, instead of finding nothing there', async () => {
    const said = await discover('--no-multicast', '--scan', 'no-such-host.invalid');
    expect(said).toEqual({ code: 2, out: '', err: 'discover: no-such-host.invalid: no host of this name is known' });
  });

  test('that finds nothing has looked all the same', async () => {
    await using silent = await httpDevice((_, response) => response.end('no'));
    expect(await discover('--no-multicast', '--scan', `127.0.0.1:${silent.port}`)).toMatchObject({ code: 0, out: 'no device answered' });
  });
});

test.each([[['--no-multicast']], [['--scan', '10.0.0.0/8']], [['--json', '--settings']], [['--everything']], [['10.0.0.1']]])(
  '%j is refused in a sentence, before anything is asked',
  async (args) => {
    const { code, out, err } = await discover(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^discover: .+\nusage: discover/);
  },
);

test.skipIf(!mayHavePrivateNetwork)(
  'devices are found by multicast, each once, at an address that leads to them, whatever else is sent',
  async () => {
    await prepareMedia();
    const { devices, problems } = JSON.parse(await runInPrivateNetwork('discover-in-namespace.ts'));
    expect(problems).toEqual([]);
    expect(devices).toHaveLength(2);
    for (const device of devices)
      expect(device).toMatchObject({
        address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/onvif\/device_service$/),
        via: 'multicast',
        hardware: 'SIM-CAM',
      });
  },
);
