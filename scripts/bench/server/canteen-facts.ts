// What the checks of a large canteen tell, 22 cameras and a recorder, as the real gateway makes it: serialised beforehand, so that telling costs next to nothing.
import type { Fact } from '#contract/facts.ts';
import type { Layout } from '#contract/layout.ts';

const zones = ['dining', 'cooking', 'cleaning'] as const;
const camerasPerCanteen = 22;
export const devicesPerCanteen = camerasPerCanteen + 1;
/** A camera answers every 90 s, is seen every 120 s and its stream measured every 600 s, as far as that is told; the recorder tells of its footage every two hours. */
export const factsPerDay = Math.round(
  86_400 * (camerasPerCanteen * (2 / 90 + 1 / 120 + 1 / 600) + (2 / 90 + 1 / 7200 + 1 / 7200) + zones.length / 1800),
);
export const cameras = Array.from({ length: camerasPerCanteen }, (_, index) => `camera-${index + 1}`);
export const recorder = 'recorder-1';
const daysKept = 95;
const planes = [0, 0.85, 0.9, 1.2];

/** Gives a fact's JSON as of an instant. */
export type Template = (now: number) => string;

/** `measured` may hold `@at`, and `@vary:`, between two signs of a quote, before a number that is never twice the same. */
function template(
  data: Pick<Fact, 'check' | 'device' | 'outcome'> & { fault?: string; detail?: string; measured?: object },
  lastsMs: number,
): Template {
  const json = JSON.stringify({ schemaVersion: 1, ...data, observedAt: '@at', validUntil: '@until' });
  const parts = json.split(/(@at|@until|"@vary:[^"]+")/);
  return (now) => parts.map((part) => filled(part, now, lastsMs)).join('');
}

function filled(part: string, now: number, lastsMs: number): string {
  if (part === '@at') return instant(now);
  if (part === '@until') return instant(now + lastsMs);
  return part.startsWith('"@vary:') ? (Number(part.slice(7, -1)) * (0.9 + 0.2 * Math.random())).toFixed(3) : part;
}

/** A number that is measured anew each time. */
const vary = (about: number) => `@vary:${about}`;

const minuteMs = 60_000;
const ok = { outcome: 'ok' as const };

function contactOf(device: string): { reachable: Template; clock: Template; lost: Template } {
  const address = `192.168.1.${20 + Number(device.split('-')[1])}:80`;
  const lost = {
    check: 'reachable' as const,
    device,
    outcome: 'fault' as const,
    fault: 'no-answer',
    detail: `${address} did not answer within 5000 ms`,
  };
  return {
    reachable: template({ ...ok, check: 'reachable', device, measured: { address, roundTripMs: vary(3.4) } }, 3 * minuteMs),
    clock: template(
      {
        ...ok,
        check: 'clock',
        device,
        measured: { offsetSeconds: vary(0.4), uncertaintySeconds: 0.5, utcOffsetMinutes: 480, driftSecondsPerDay: 0.3 },
      },
      3 * minuteMs,
    ),
    lost: template(lost, 3 * minuteMs),
  };
}

const hash = (text: string) => text.padEnd(64, '0').slice(0, 64);

function cameraTemplates(device: string) {
  const stands = { outcome: 'ok', samples: 0 };
  const aspects = {
    black: stands,
    covered: { ...stands, lumaSpread: vary(96), lostPercent: vary(12) },
    frozen: { ...stands, changedPixels: 5120, clock: 'runs', repeated: false },
    moved: { ...stands, likenessPercent: vary(85), reference: 'day', referenceSetAt: '2026-11-01T02:00:00.000Z' },
    blurred: { ...stands, edgePixels: vary(2.5), usualPixels: 2.4 },
    'colour-cast': { ...stands, cast: vary(3.2) },
  };
  const picture = {
    blackPercent: vary(1.2),
    meanLuma: vary(104.5),
    width: 1920,
    height: 1080,
    jpeg: hash('ab'),
    jpegAt: '@at',
    infrared: false,
    open: true,
    aspects,
  };
  const stream = {
    codec: 'h264',
    width: 1920,
    height: 1080,
    framesPerSecond: vary(20),
    bitsPerSecond: vary(2_812_000),
    keyframeSeconds: 2,
    sampledSeconds: 5,
  };
  const identity = { manufacturer: 'Maker', model: 'DS-2CD', firmware: 'V5.7.3', serial: `S${device}` };
  return {
    ...contactOf(device),
    picture: template({ ...ok, check: 'picture', device, measured: picture }, 4 * minuteMs),
    stream: template({ ...ok, check: 'stream', device, measured: { ...stream, via: 'media2', profile: 'main' } }, 16 * minuteMs),
    identity: template({ ...ok, check: 'identity', device, measured: identity }, 180 * minuteMs),
  };
}

const ofCamera = new Map(cameras.map((camera) => [camera, cameraTemplates(camera)]));
const ofRecorder = contactOf(recorder);

export function templatesOf(device: string) {
  const templates = ofCamera.get(device);
  if (templates === undefined) throw new RangeError(`no camera is called ${device}`);
  return templates;
}

function coverageOf(zone: string): Template {
  const level = (pixelsPerMetre: number) => ({
    pixelsPerMetre,
    covered: 48,
    ratio: 1,
    overlap: 31.5,
    blindArea: 0,
    blindCount: 0,
    blind: [],
  });
  const counted = cameras.filter((camera) => zoneOf(camera) === zone).map((id) => ({ id, counts: true, lostIfItFails: 1.5 }));
  const measured = {
    planSha256: hash('cd'),
    planes,
    sliver: 0.2,
    area: 48,
    free: 48,
    levels: [0, 25, 80, 125, 250].map(level),
    cameras: counted,
  };
  return template({ ...ok, check: 'coverage', device: zone, measured }, 75 * minuteMs);
}

function zoneOf(camera: string): (typeof zones)[number] {
  return zones[cameras.indexOf(camera) % zones.length] ?? 'dining';
}

const playback = template(
  {
    ...{ ...ok, check: 'playback', device: recorder },
    measured: {
      samples: cameras.slice(0, 8).map((camera) => ({
        ...{ camera, recording: `rec-${camera}`, asked: '2026-08-26T06:02:33.000Z', outcome: 'ok' },
        ...{ played: '2026-08-26T06:02:32.500Z', deviationSeconds: -0.5, sha256: hash('ef') },
      })),
    },
  },
  180 * minuteMs,
);

const storage = template(
  {
    ...{ ...ok, check: 'storage', device: recorder },
    measured: {
      ...{ method: 'hikvision-isapi', capacityBytes: 96e12, freeBytes: 0, overwrites: true },
      disks: Array.from({ length: 8 }, (_, index) => ({ name: String(index + 1), state: 'ok' })),
    },
  },
  180 * minuteMs,
);

/** Every fact of a canteen but its footage. */
export const everything: Template[] = [
  ...[...ofCamera.values()].flatMap(({ reachable, clock, picture, stream, identity }) => [reachable, clock, picture, stream, identity]),
  ofRecorder.reachable,
  ofRecorder.clock,
  playback,
  storage,
  ...zones.map(coverageOf),
];

/** In the proportions of an hour: 40 contacts, 30 pictures and 6 streams of each camera. */
export const looks = Array.from({ length: 20 }).flatMap((_, round) =>
  [...ofCamera].flatMap(([device, { reachable, clock, picture, stream }]) =>
    [
      [reachable, clock],
      [reachable, clock],
      [picture],
      ...(round % 2 === 0 ? [[picture]] : []),
      ...(round % 7 === 0 ? [[stream]] : []),
    ].map((templates) => ({ device, templates })),
  ),
);

/** The whole of three months, day by day and camera by camera: some 200 kB, as from a real recorder. The same all day. */
export function footage(now: number): Template {
  footageOfToday ??= makeFootage(now);
  return footageOfToday;
}

let footageOfToday: Template | undefined;

function makeFootage(now: number): Template {
  const dayMs = 86_400_000;
  const shanghaiMs = 8 * 3_600_000;
  const midnight = Math.floor((now + shanghaiMs) / dayMs) * dayMs - shanghaiMs;
  const sinceMidnight = Math.round((now - midnight) / 1000);
  const days = Array.from({ length: daysKept + 1 }, (_, index) => {
    const ago = daysKept - index;
    const seconds = ago === 0 ? sinceMidnight : 86_400;
    const day = new Date(midnight + shanghaiMs - ago * dayMs).toISOString().slice(0, 10);
    return {
      day,
      recordedSeconds: seconds,
      expectedSeconds: seconds,
      state: 'kept',
      method: 'profile-g-events',
      ...(ago % 9 === 0 && { played: true }),
    };
  });
  const oldest = instant(midnight - daysKept * dayMs);
  const recordings = cameras.map((camera) => ({
    camera,
    recording: `rec-${camera}`,
    oldest,
    newest: instant(now),
    days,
    gaps: [],
    gapCount: 0,
  }));
  const measured = { method: 'profile-g-events', complete: true, from: oldest, to: instant(now), recordings };
  return template({ ...ok, check: 'footage', device: recorder, measured }, 360 * minuteMs);
}

const layout: Layout = {
  schemaVersion: 1,
  zones: zones.map((kind) => ({ id: kind, kind, name: kind })),
  cameras: cameras.map((id) => ({ id, name: `摄像头${id}`, zones: [zoneOf(id)] })),
  recorders: [{ id: recorder, name: '录像机', cameras }],
  plan: {
    zones: zones.map((kind, index) => ({
      ...{ id: kind, kind, planes },
      polygon: [[0, 0] as const, [8, 0] as const, [8, 6] as const, [0, 6] as const].map(([x, y]): [number, number] => [x + 9 * index, y]),
    })),
  },
};
export const layoutJson = JSON.stringify(layout);

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
