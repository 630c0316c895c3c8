// Cameras that change their addresses under a running gateway, and what is told of each meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test, vi } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { type ClipName, type Media, prepareMedia } from '../simulators/media.ts';
import { mayHavePrivateNetwork, runInPrivateNetwork } from './private-network.ts';
import { createRememberingServer, type RememberingServer } from './remembering-server.ts';
import { type RunningGateway, runGatewayFor } from './running-gateway.ts';

const patient = { timeout: 120_000, interval: 50 };
const sound = { reachable: 'ok', clock: 'ok', identity: 'ok', stream: 'ok', picture: 'ok' };

let media: Media;
beforeAll(async () => {
  media = await prepareMedia();
}, 120_000);

const host = ({ port }: SimulatedCamera) => `127.0.0.1:${port}`;

/** Cameras, a gateway and what it tells: of one test alone, since these wait more than they work and go side by side. */
async function openSite({ onTestFinished }: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'relocation-'));
  const server = await createRememberingServer('canteen-1');
  const cameras: SimulatedCamera[] = [];
  let gateway: RunningGateway | undefined;
  onTestFinished(async () => {
    await gateway?.stop();
    await server.close();
    for (const camera of cameras) await camera.close();
    rmSync(folder, { recursive: true });
  });
  const facts = (device: string) => server.facts().filter((fact) => fact.device === device);
  const present = (device: string) => Object.fromEntries(facts(device).map((fact) => [fact.check, fact.fault ?? fact.outcome]));
  return {
    server,
    present,
    plugIn: async (serial: string, about: { port?: number; clip?: ClipName; password?: string } = {}): Promise<SimulatedCamera> => {
      const { port = 0, clip = 'h264-1080p', password = 'kitchen-cameras' } = about;
      const camera = await createCamera({ media, identity: { serial }, port, clip, username: 'mingzao', password });
      cameras.push(camera);
      return camera;
    },
    watch: (devices: Record<string, SimulatedCamera>, scan: SimulatedCamera[] = Object.values(devices)): RunningGateway => {
      gateway = runGatewayFor({ folder, server: server.url, devices, discovery: { multicast: false, scan: scan.map(host) } });
      return gateway;
    },
    becomes: (device: string, expected: Record<string, string>) =>
      vi.waitFor(() => expect(present(device)).toMatchObject(expected), patient),
    newest: (device: string, check: Fact['check']) => facts(device).findLast((fact) => fact.check === check)?.measured,
    widths: (device: string) => new Set(facts(device).flatMap(({ measured = {} }) => ('width' in measured ? [measured.width] : []))),
  };
}

describe.concurrent('a camera', () => {
  test('that has changed its address is found by its serial number, and stays what it was, also for the next gateway', async (context) => {
    const { server, plugIn, watch, becomes, newest, present } = await openSite(context);
    const spare = await plugIn('SPARE');
    const camera = await plugIn('A');
    const gateway = watch({ 'camera-1': camera }, [spare]);
    await becomes('camera-1', sound);
    await spare.close();
    await camera.close();
    await becomes('camera-1', { reachable: 'refused', stream: 'device-unreachable' });

    await plugIn('A', { port: spare.port });
    expect(await server.ask({ kind: 'rescan' })).toBe('done: 1 devices answered; found again elsewhere: camera-1');
    await becomes('camera-1', sound);
    expect(newest('camera-1', 'reachable')).toMatchObject({ address: host(spare) });

    await gateway.stop();
    const before = server.events.length;
    watch({ 'camera-1': camera }, []);
    await vi.waitFor(() => expect(server.events.slice(before).some(isPicture)).toBe(true), patient);
    expect(present('camera-1')).toMatchObject(sound);
    expect(newest('camera-1', 'reachable')).toMatchObject({ address: host(spare) });
  }, 300_000);

  test('that swaps its address with another, between two looks, is never taken for it', async (context) => {
    const { server, plugIn, watch, becomes, newest, widths } = await openSite(context);
    const [wide, narrow] = [await plugIn('A', { clip: 'h264-1080p' }), await plugIn('B', { clip: 'h264-720p' })];
    watch({ wide, narrow });
    await Promise.all(['wide', 'narrow'].map((device) => becomes(device, sound)));
    await Promise.all([wide.close(), narrow.close()]);
    await Promise.all([plugIn('A', { clip: 'h264-1080p', port: narrow.port }), plugIn('B', { clip: 'h264-720p', port: wide.port })]);

    const strange = { identity: 'wrong-device', stream: 'wrong-device', picture: 'wrong-device' };
    await Promise.all(['wide', 'narrow'].map((device) => becomes(device, strange)));
    expect(await server.ask({ kind: 'rescan' })).toBe('done: 2 devices answered; found again elsewhere: wide, narrow');
    await Promise.all(['wide', 'narrow'].map((device) => becomes(device, sound)));
    expect(newest('wide', 'reachable')).toMatchObject({ address: host(narrow) });
    expect([widths('wide'), widths('narrow')]).toEqual([new Set([1920]), new Set([1280])]);
  }, 300_000);

  test('whose address is taken by one with another password is found all the same, with nothing of the other', async (context) => {
    const { server, plugIn, watch, becomes, newest, widths } = await openSite(context);
    const spare = await plugIn('SPARE');
    const camera = await plugIn('A', { clip: 'h264-720p' });
    watch({ 'camera-1': camera }, [spare, camera]);
    await becomes('camera-1', sound);
    await spare.close();
    await camera.close();
    await plugIn('S', { port: camera.port, password: 'not-ours', clip: 'h264-1080p' });
    await becomes('camera-1', { stream: 'credentials-refused' });

    await plugIn('A', { port: spare.port, clip: 'h264-720p' });
    expect(await server.ask({ kind: 'rescan' })).toContain('found again elsewhere: camera-1');
    await becomes('camera-1', sound);
    expect(newest('camera-1', 'reachable')).toMatchObject({ address: host(spare) });
    expect(widths('camera-1')).toEqual(new Set([1280]));
  }, 300_000);

  test('that gives its address to another one and stays away is told as missing, with nothing of the other', async (context) => {
    const { server, plugIn, watch, becomes, widths } = await openSite(context);
    const camera = await plugIn('A', { clip: 'h264-720p' });
    watch({ 'camera-1': camera });
    await becomes('camera-1', sound);
    await camera.close();
    await plugIn('S', { port: camera.port, clip: 'h264-1080p' });
    await becomes('camera-1', { identity: 'wrong-device', stream: 'wrong-device', picture: 'wrong-device' });
    expect(await server.ask({ kind: 'rescan' })).toContain('found again elsewhere: none');
    expect(widths('camera-1')).toEqual(new Set([1280]));
  }, 300_000);
});

describe('by multicast', () => {
  test.skipIf(!mayHavePrivateNetwork)(
    'a camera that has changed its address is found too',
    async () => {
      const { wasAt, isAt, told, reply } = JSON.parse(await runInPrivateNetwork('relocate-in-namespace.ts'));
      expect(reply).toContain('found again elsewhere: camera-1');
      expect(isAt).not.toBe(wasAt);
      expect(told).toMatchObject({ address: isAt });
    },
    300_000,
  );
});

const isPicture = (event: RememberingServer['events'][number]) => event.type === 'cn.mingzao.fact.v1' && event.data.check === 'picture';
