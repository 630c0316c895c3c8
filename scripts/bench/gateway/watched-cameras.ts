// A real gateway process that watches simulated cameras, which run in a process of their own; the server it reports to only remembers.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { createRememberingServer, type RememberingServer } from '../../../test/gateway/remembering-server.ts';

/** Seconds from look to look; `heartbeat` is how soon a bench sees what the gateway last saw. */
export interface Intervals {
  contact: number;
  picture: number;
  stream: number;
  heartbeat: number;
}

export interface WatchedCameras {
  /** What the gateway has told. */
  server: RememberingServer;
  /** Of the gateway. */
  pid: number;
  ids: string[];
  /** Of every camera, with user name and password. */
  streams: string[];
  setFault(camera: string, fault: string, on: boolean): Promise<void>;
  close(): Promise<void>;
}

const account = { username: 'mingzao', password: 'bench' };
const wholeWithinSeconds = 240;

/** Every camera has been looked at in every way when it resolves. */
export async function watchCameras({ count, intervals }: { count: number; intervals: Intervals }): Promise<WatchedCameras> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  const server = await createRememberingServer('bench');
  const simulated = await simulate(folder, count);
  const gateway = startGateway(folder, { server: server.url, cameras: simulated.cameras, intervals });
  const close = async () => {
    for (const child of [gateway, simulated.process]) await ended(child);
    await server.close();
    rmSync(folder, { recursive: true });
  };
  try {
    await until(() => isWhole(server, count), wholeWithinSeconds, 'every camera was looked at once');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    server,
    pid: gateway.pid ?? 0,
    ids: [...simulated.cameras.keys()],
    streams: simulated.streams,
    async setFault(camera, fault, on) {
      await fetch(`${simulated.control}/devices/${camera}/faults/${fault}`, { method: on ? 'PUT' : 'DELETE' });
    },
    close,
  };
}

export async function until(isSo: () => boolean, withinSeconds: number, what: string): Promise<void> {
  const since = performance.now();
  while (!isSo()) {
    if (performance.now() - since > withinSeconds * 1000) throw new Error(`not within ${withinSeconds} s: ${what}`);
    await sleep(50);
  }
}

interface Simulated {
  process: ChildProcess;
  control: string;
  /** By id, where ONVIF is. */
  cameras: Map<string, string>;
  streams: string[];
}

async function simulate(folder: string, count: number): Promise<Simulated> {
  const devices = Array.from({ length: count }, (_, index) => ({ kind: 'camera', id: `camera-${index + 1}`, ...account }));
  const file = join(folder, 'simulated.yaml');
  writeFileSync(file, stringify({ host: '127.0.0.1', controlPort: 0, devices }));
  const child = spawn(process.execPath, ['scripts/simulate.ts', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  endWithUs(child);
  let said = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('Ctrl-C')) break;
  }
  child.stdout.resume();
  const cameras = new Map(
    [...said.matchAll(/^(\S+) \(camera\)\n {2}ONVIF {3}(\S+)/gm)].map(([, id = '', url = '']) => [id, new URL(url).origin]),
  );
  const streams = [...said.matchAll(/'(rtsp:[^']+)'/g)].map(([, url = '']) => url);
  return { process: child, cameras, streams, control: /^Control {3}(\S+)\/devices$/m.exec(said)?.[1] ?? '' };
}

/** Started as `npm run gateway` starts it. */
function startGateway(folder: string, about: { server: string; cameras: Simulated['cameras']; intervals: Intervals }): ChildProcess {
  for (const [name, secret] of Object.entries({ 'server.key': 'k', 'cameras.password': account.password }))
    writeFileSync(join(folder, name), secret);
  const reached = { zones: ['cooking'], username: account.username, passwordFile: 'cameras.password' };
  const settings = {
    canteen: 'bench',
    server: { url: about.server, keyFile: 'server.key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
    cameras: [...about.cameras].map(([id, address]) => ({ id, name: id, address, ...reached })),
    intervals: about.intervals,
    log: { level: 'error' },
  };
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(settings));
  const child = spawn('sh', ['gateway/start', 'run', '--config', file], { stdio: ['ignore', 'inherit', 'inherit'] });
  endWithUs(child);
  return child;
}

function isWhole(server: RememberingServer, count: number): boolean {
  const outcomes = server.outcomes();
  const known = (check: string) =>
    Object.entries(outcomes).filter(([name, outcome]) => name.endsWith(` ${check}`) && outcome === 'ok').length;
  return known('picture') === count && known('stream') === count;
}

function endWithUs(child: ChildProcess): void {
  process.once('exit', () => child.kill());
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
