// What watching 64 cameras costs a gateway, and how soon it knows of a loss; a real gateway process, real ffmpeg, cameras in a process of their own.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';
import { watchCost } from './gateway/cost.ts';
import { until, type WatchedCameras, watchCameras } from './gateway/watched-cameras.ts';

const cameraCount = 64;
/** Seconds. */
const intervals = { contact: 15, picture: 60, stream: 300, heartbeat: 5 };
const awayRounds = 3;

type Say = (line: string) => void;

/** `only`: one of the parts, or all. */
export async function gateway(say: Say, only?: string): Promise<Figure[]> {
  const isAsked = (part: string) => only === undefined || only === part;
  const figures: Figure[] = [];
  if (isAsked('cost') || isAsked('loss')) {
    const watched = await watchCameras({ count: cameraCount, intervals });
    say('every camera was looked at in every way; measuring');
    try {
      if (isAsked('cost')) figures.push(...(await cost(watched, say)));
      if (isAsked('loss')) figures.push(...(await loss(watched)));
    } finally {
      await watched.close();
    }
  }
  if (isAsked('hour')) figures.push(await simulatedHour());
  if (isAsked('scan')) figures.push(...(await silentScan(say)));
  return figures;
}

export const parts = ['cost', 'loss', 'hour', 'scan'];

async function cost(watched: WatchedCameras, say: Say): Promise<Figure[]> {
  const { perCameraHour, barePerCameraHour, ...measured } = await watchCost(watched, intervals);
  const ownPercent = Math.round((100 * perCameraHour.own) / perCameraHour.all);
  say(`gateway and its ffmpeg: ${perCameraHour.all.toFixed(1)} CPU s a camera-hour, of it ${ownPercent}% the gateway’s own`);
  say(`bare decodes: ${barePerCameraHour.toFixed(1)} CPU s a camera-hour`);
  return [
    { metric: 'CPU against bare keyframe decodes', value: rounded(perCameraHour.all / barePerCameraHour), unit: 'x', goal: '<=1.3' },
    { metric: 'looks taken of those due', value: rounded(measured.looksOfDue), unit: 'x', goal: '>=0.95' },
    { metric: 'gateway memory, peak', value: rounded(measured.peakBytes / 1e6), unit: 'MB', goal: '<=200' },
    { metric: 'ffmpeg at once, most', value: measured.processesMost, unit: '', goal: '<=4' },
  ];
}

async function loss(watched: WatchedCameras): Promise<Figure[]> {
  const [camera = ''] = watched.ids;
  const delay = await delayByDrip(watched, camera);
  const away = await worstOf(awayRounds, () => untilKnownAway(watched, camera));
  return [
    { metric: `camera gone to known among ${cameraCount}, worst`, value: rounded(away), unit: 's', goal: '<=20' },
    { metric: 'another camera looked at late beside one that drips, worst', value: rounded(delay), unit: 's', goal: '<=1' },
  ];
}

/** How much longer than the interval any other camera was not asked, seconds, told by when each was last seen. */
async function delayByDrip({ server, setFault }: WatchedCameras, dripping: string): Promise<number> {
  await setFault(dripping, 'slow-drip', true);
  const from = server.heartbeats.length;
  await sleep(3 * intervals.contact * 1000);
  await setFault(dripping, 'slow-drip', false);
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
async function untilKnownAway({ server, setFault }: WatchedCameras, camera: string): Promise<number> {
  await until(() => server.outcomes()[`${camera} reachable`] === 'ok', 60, `${camera} answers`);
  const since = performance.now();
  await setFault(camera, 'unplugged', true);
  await until(() => server.outcomes()[`${camera} reachable`] !== 'ok', 60, `${camera} is known to be away`);
  const seconds = (performance.now() - since) / 1000;
  await setFault(camera, 'unplugged', false);
  return seconds;
}

async function worstOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  let worst = 0;
  for (let round = 0; round < rounds; round += 1) worst = Math.max(worst, await measure());
  return worst;
}

async function simulatedHour(): Promise<Figure> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', 'scripts/bench/gateway/simulated-hour.ts']);
  const megabytes = rounded(JSON.parse(stdout).grownBytes / 1e6);
  return { metric: 'memory grown in a simulated hour', value: megabytes, unit: 'MB', goal: '<=5' };
}

/** None where this machine allows no network of one’s own. */
async function silentScan(say: Say): Promise<Figure[]> {
  const inside = 'ip link set lo up && ip route add 10.77.0.0/24 dev lo && exec "$0" scripts/bench/gateway/scan-silence.ts';
  for (const flags of ['-n', '-rn']) {
    const scanned = await promisify(execFile)('unshare', [flags, 'sh', '-c', inside, process.execPath]).catch(() => undefined);
    if (scanned === undefined) continue;
    return [{ metric: 'scan of a silent /24', value: rounded(JSON.parse(scanned.stdout).seconds), unit: 's', goal: '<=6' }];
  }
  say('no network of its own can be had here: the scan of a silent /24 is left out');
  return [];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
