// What watching 64 cameras costs a gateway, and how soon it knows of a loss; a real gateway process, real ffmpeg, cameras in a process of their own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { createRememberingServer, type RememberingServer } from '../../test/gateway/remembering-server.ts';
import type { Figure } from './figure.ts';
import { childrenOf, commandLine, cpuSeconds, peakBytes } from './gateway/process-figures.ts';

const cameraCount = 64;
const account = { username: 'mingzao', password: 'bench' };
/** Seconds. */
const intervals = { contact: 15, picture: 60, stream: 300, heartbeat: 5 };
/** Looks that take something of a stream, and have to decode one keyframe of it at the very least. */
const looksPerCameraHour = 3600 / intervals.picture + 3600 / intervals.stream;
/** Only the ffmpeg that reads from a camera has this in its arguments. */
const captureMark = '-f concat';
const windowSeconds = 60;
const bareDecodes = 12;
const awayRounds = 3;

export async function gateway(say: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  const server = await createRememberingServer('bench');
  const simulated = await simulate(folder);
  const bare = await bareDecodeSeconds(simulated.streams);
  say(`a bare decode of one keyframe costs ${bare.toFixed(3)} CPU s`);
  const running = startGateway(folder, { server: server.url, cameras: simulated.cameras });
  try {
    const [camera = ''] = simulated.cameras.keys();
    await until(() => isWhole(server), 240, 'every camera was looked at once');
    say('every camera was looked at once; measuring');
    const cost = await watchCost(running);
    const perCameraHour = (cost.seconds / cost.looks) * looksPerCameraHour;
    const due = (cost.elapsedSeconds * cameraCount * looksPerCameraHour) / 3600;
    say(`gateway and its ffmpeg: ${perCameraHour.toFixed(1)} CPU s a camera-hour, of it ${cost.ownShare}% the gateway’s own`);
    say(`bare decodes: ${(bare * looksPerCameraHour).toFixed(1)} CPU s a camera-hour`);
    const delay = await delayByDrip(server, simulated, camera);
    const away = await worstOf(awayRounds, () => untilKnownAway(server, simulated, camera));
    const memory = peakBytes(running.pid);
    const [hour, scan] = [await simulatedHour(), await silentScan(say)];
    return [
      {
        metric: 'CPU against bare keyframe decodes',
        value: rounded(cost.seconds / cost.looks / bare),
        unit: 'x',
        goal: '<=1.3',
      },
      { metric: 'looks taken of those due', value: rounded(cost.looks / due), unit: 'x', goal: '>=0.95' },
      { metric: 'gateway memory, peak', value: rounded(memory / 1e6), unit: 'MB', goal: '<=200' },
      { metric: 'ffmpeg at once, most', value: cost.childrenMost, unit: '', goal: '<=4' },
      { metric: 'memory grown in a simulated hour', value: rounded(hour / 1e6), unit: 'MB', goal: '<=5' },
      { metric: `camera gone to known among ${cameraCount}, worst`, value: rounded(away), unit: 's', goal: '<=20' },
      { metric: 'another camera looked at late beside one that drips, worst', value: rounded(delay), unit: 's', goal: '<=1' },
      ...(scan === undefined ? [] : [{ metric: 'scan of a silent /24', value: rounded(scan), unit: 's', goal: '<=6' as const }]),
    ];
  } finally {
    for (const { process: child } of [running, simulated]) await ended(child);
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

interface Simulated {
  process: ChildProcess;
  control: string;
  /** By id, where ONVIF is. */
  cameras: Map<string, string>;
  /** With user name and password. */
  streams: string[];
}

async function simulate(folder: string): Promise<Simulated> {
  const devices = Array.from({ length: cameraCount }, (_, index) => ({ kind: 'camera', id: `camera-${index + 1}`, ...account }));
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

async function setFault({ control }: Simulated, camera: string, fault: string, on: boolean): Promise<void> {
  await fetch(`${control}/devices/${camera}/faults/${fault}`, { method: on ? 'PUT' : 'DELETE' });
}

/** CPU seconds of ffmpeg taking one keyframe off a camera and decoding it: what no gateway can do without. */
async function bareDecodeSeconds(streams: readonly string[]): Promise<number> {
  const before = cpuSeconds(process.pid).children;
  for (const url of streams.slice(0, bareDecodes)) {
    const args = [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-skip_frame',
      'nokey',
      '-i',
      url,
      '-map',
      '0:v:0',
      '-frames:v',
      '1',
      '-f',
      'null',
      '-',
    ];
    await promisify(execFile)('ffmpeg', args);
  }
  return (cpuSeconds(process.pid).children - before) / bareDecodes;
}

interface Running {
  process: ChildProcess;
  pid: number;
}

function startGateway(folder: string, about: { server: string; cameras: Simulated['cameras'] }): Running {
  for (const [name, secret] of Object.entries({ 'server.key': 'k', 'cameras.password': account.password }))
    writeFileSync(join(folder, name), secret);
  const reached = { zones: ['cooking'], username: account.username, passwordFile: 'cameras.password' };
  const settings = {
    canteen: 'bench',
    server: { url: about.server, keyFile: 'server.key' },
    zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
    cameras: [...about.cameras].map(([id, address]) => ({ id, name: id, address, ...reached })),
    intervals,
    log: { level: 'error' },
  };
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(settings));
  const child = spawn(process.execPath, [resolve('gateway/main.ts'), 'run', '--config', file], { stdio: ['ignore', 'inherit', 'inherit'] });
  endWithUs(child);
  return { process: child, pid: child.pid ?? 0 };
}

function isWhole(server: RememberingServer): boolean {
  const outcomes = Object.entries(server.outcomes());
  return outcomes.filter(([name, outcome]) => name.endsWith(' picture') && outcome === 'ok').length === cameraCount;
}

async function watchCost({ pid }: Running) {
  const [since, before] = [performance.now(), cpuSeconds(pid)];
  const known = new Set(childrenOf(pid)); // what they cost before the window makes up for what the last ones cost after it
  let looks = 0;
  let childrenMost = 0;
  while (performance.now() - since < windowSeconds * 1000) {
    const children = childrenOf(pid);
    childrenMost = Math.max(childrenMost, children.length);
    for (const child of children.filter((each) => !known.has(each) && commandLine(each).includes(captureMark))) {
      known.add(child);
      looks += 1;
    }
    await sleep(20);
  }
  const after = cpuSeconds(pid);
  const [own, children] = [after.own - before.own, after.children - before.children];
  const elapsedSeconds = (performance.now() - since) / 1000;
  return { seconds: own + children, ownShare: Math.round((100 * own) / (own + children)), elapsedSeconds, looks, childrenMost };
}

/** How much longer than the interval any other camera was not asked, seconds, told by when each was last seen. */
async function delayByDrip(server: RememberingServer, simulated: Simulated, dripping: string): Promise<number> {
  await setFault(simulated, dripping, 'slow-drip', true);
  const from = server.heartbeats.length;
  await sleep(3 * intervals.contact * 1000);
  await setFault(simulated, dripping, 'slow-drip', false);
  const seen = Map.groupBy(
    server.heartbeats.slice(from).flatMap(({ devices }) => devices.filter(({ id }) => id !== dripping)),
    ({ id }) => id,
  );
  const pauses = [...seen.values()].flatMap((lines) => {
    const times = [...new Set(lines.flatMap(({ seenAt }) => (seenAt === undefined ? [] : Date.parse(seenAt))))];
    return times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 1000);
  });
  return Math.max(0, Math.max(...pauses) - intervals.contact);
}

/** Seconds. */
async function untilKnownAway(server: RememberingServer, simulated: Simulated, camera: string): Promise<number> {
  await until(() => server.outcomes()[`${camera} reachable`] === 'ok', 60, `${camera} answers`);
  const since = performance.now();
  await setFault(simulated, camera, 'unplugged', true);
  await until(() => server.outcomes()[`${camera} reachable`] !== 'ok', 60, `${camera} is known to be away`);
  const seconds = (performance.now() - since) / 1000;
  await setFault(simulated, camera, 'unplugged', false);
  return seconds;
}

async function worstOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  let worst = 0;
  for (let round = 0; round < rounds; round += 1) worst = Math.max(worst, await measure());
  return worst;
}

/** Bytes. */
async function simulatedHour(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', 'scripts/bench/gateway/simulated-hour.ts']);
  return JSON.parse(stdout).grownBytes;
}

/** Seconds; undefined where this machine allows no network of one’s own. */
async function silentScan(say: (line: string) => void): Promise<number | undefined> {
  const inside = 'ip link set lo up && ip route add 10.77.0.0/24 dev lo && exec "$0" scripts/bench/gateway/scan-silence.ts';
  for (const flags of ['-n', '-rn']) {
    const scanned = await promisify(execFile)('unshare', [flags, 'sh', '-c', inside, process.execPath]).catch(() => undefined);
    if (scanned !== undefined) return JSON.parse(scanned.stdout).seconds;
  }
  say('no network of its own can be had here: the scan of a silent /24 is left out');
  return undefined;
}

async function until(isSo: () => boolean, withinSeconds: number, what: string): Promise<void> {
  const since = performance.now();
  while (!isSo()) {
    if (performance.now() - since > withinSeconds * 1000) throw new Error(`not within ${withinSeconds} s: ${what}`);
    await sleep(50);
  }
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

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
