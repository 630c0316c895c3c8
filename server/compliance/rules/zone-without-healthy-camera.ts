// Each required zone must be watched by enough cameras that are shown to work.
import type { CameraPlace, Zone } from '#contract/layout.ts';
import type { Outcome, ZoneKind } from '#contract/primitives.ts';
import type { Text } from '#contract/text.ts';
import { type CameraHealth, cameraHealth } from '../camera-health.ts';
import type { Scene, ZoneRule } from '../rule.ts';
import { zoneNames } from '../wording.ts';

export const zoneWithoutHealthyCamera: ZoneRule = {
  id: 'zone-without-healthy-camera',
  per: 'zone',
  gate: 'monitoring-connected',
  requirement: (standard, kind) => zoneRequirement(standard, kind),
  judge(kind, scene) {
    const zone = zoneHealth(kind, scene);
    if (zone.outcome === 'ok') return undefined;
    const name = zoneNames[kind];
    const { minHealthyCameras } = zoneRequirement(scene.standard, kind);
    const told = {
      measured: {
        zh: `${name.zh}有${zone.cameras}台摄像头，正常${zone.healthy}台`,
        en: `Cameras in the ${name.en}: ${zone.cameras}, healthy: ${zone.healthy}`,
      },
      required: {
        zh: `${name.zh}至少${minHealthyCameras}台正常摄像头，每个登记的区域至少1台`,
        en: `Healthy cameras in the ${name.en}: at least ${minHealthyCameras}, and one in each of its rooms`,
      },
      cause: zone.reason,
      fix: zone.lacksCameras
        ? { zh: `在${name.zh}加装摄像头并在网关登记`, en: `Install a camera in the ${name.en} and register it at the gateway` }
        : { zh: '先处理该区域摄像头自身的缺口', en: 'Put right the gaps of this zone’s cameras first' },
    };
    return zone.outcome === 'fault' ? { ...told, certainty: 'fault' } : { ...told, certainty: 'unknown', since: zone.since };
  },
};

/** How a required zone stands, all its rooms together. `since` when it has been unknown, milliseconds since 1970. */
export type ZoneHealth = { cameras: number; healthy: number; lacksCameras: boolean } & (
  | { outcome: 'ok' }
  | { outcome: 'fault'; reason: Text }
  | { outcome: 'unknown'; reason: Text; since: number }
);

export function zoneHealth(kind: ZoneKind, scene: Scene): ZoneHealth {
  return scene.remember(`health of the zone ${kind}`, (seen) => findHealth(kind, seen));
}

function findHealth(kind: ZoneKind, scene: Scene): ZoneHealth {
  if (!scene.isRegistered)
    return { cameras: 0, healthy: 0, lacksCameras: true, outcome: 'unknown', reason: notRegistered, since: scene.state.expectedSince };
  const { minHealthyCameras } = zoneRequirement(scene.standard, kind);
  const rooms = scene.layout.zones.filter((zone) => zone.kind === kind);
  const whole = { least: minHealthyCameras, watching: watchingAny(rooms, scene) };
  // A kitchen nobody watches is not made up for by another one that is watched.
  const parts = [whole, ...rooms.map((room) => ({ least: 1, watching: watchingAny([room], scene) }))];
  const outcomes = parts.map(outcomeOf);
  const counts = {
    cameras: whole.watching.length,
    healthy: count(whole.watching, 'ok'),
    lacksCameras: parts.some(({ least, watching }) => watching.length < least),
  };
  if (outcomes.every((outcome) => outcome === 'ok')) return { ...counts, outcome: 'ok' };
  const reason = reasonOf(
    whole.watching,
    rooms.filter((room) => watchingAny([room], scene).length === 0),
  );
  if (outcomes.includes('fault')) return { ...counts, outcome: 'fault', reason };
  const since = Math.min(...parts.filter((part) => outcomeOf(part) === 'unknown').map(unknownSince));
  return { ...counts, outcome: 'unknown', reason, since };
}

const noCamera: Text = { zh: '没有登记摄像头', en: 'no camera is registered' };
const notRegistered: Text = { zh: '网关尚未上报摄像头清单', en: 'The gateway has not told its cameras yet' };

interface Watching {
  camera: CameraPlace;
  health: CameraHealth;
}

/** Cameras that are to watch something together, and how many of them must be healthy. */
interface Part {
  least: number;
  watching: Watching[];
}

function watchingAny(rooms: Zone[], scene: Scene): Watching[] {
  const ids = new Set(rooms.map(({ id }) => id));
  return scene.layout.cameras
    .filter((camera) => camera.zones.some((zone) => ids.has(zone)))
    .map((camera) => ({ camera, health: cameraHealth(camera.id, scene) }));
}

function count(watching: Watching[], outcome: CameraHealth['outcome']): number {
  return watching.filter(({ health }) => health.outcome === outcome).length;
}

function outcomeOf({ least, watching }: Part): Outcome {
  const healthy = count(watching, 'ok');
  if (healthy >= least) return 'ok';
  return healthy + count(watching, 'unknown') < least ? 'fault' : 'unknown';
}

/** It stopped being provable when the last camera it could still count on did. */
function unknownSince({ watching }: Part): number {
  return Math.max(...watching.map(({ health }) => (health.outcome === 'unknown' ? health.since : 0)));
}

function reasonOf(watching: Watching[], unwatched: Zone[]): Text {
  const ailing = [
    ...unwatched.map(({ name }) => ({ name, reason: noCamera })),
    ...watching.flatMap(({ camera, health }) => (health.outcome === 'ok' ? [] : [{ name: camera.name, reason: health.reason }])),
  ].slice(0, 5);
  if (ailing.length === 0) return { zh: '登记的摄像头数量不足', en: 'Too few cameras are registered' };
  return {
    zh: ailing.map(({ name, reason }) => `${name}：${reason.zh}`).join('；'),
    en: ailing.map(({ name, reason }) => `${name}: ${reason.en}`).join('; '),
  };
}

function zoneRequirement(standard: Scene['standard'], kind: ZoneKind) {
  const zone = standard.zones.find((required) => required.kind === kind);
  if (zone === undefined) throw new RangeError(`the standard ${standard.id} requires nothing of the zone ${kind}`);
  return zone;
}
