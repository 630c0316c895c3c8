// Each required zone must be watched by enough cameras that are shown to work.
import type { CameraPlace } from '#contract/layout.ts';
import type { ZoneKind } from '#contract/primitives.ts';
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
        zh: `${name.zh}至少${minHealthyCameras}台正常摄像头`,
        en: `Healthy cameras in the ${name.en}: at least ${minHealthyCameras}`,
      },
      cause: zone.reason,
      fix:
        zone.cameras < minHealthyCameras
          ? { zh: `在${name.zh}加装摄像头并在网关登记`, en: `Install a camera in the ${name.en} and register it at the gateway` }
          : { zh: '先处理该区域摄像头自身的缺口', en: 'Put right the gaps of this zone’s cameras first' },
    };
    return zone.outcome === 'fault' ? { ...told, certainty: 'fault' } : { ...told, certainty: 'unknown', since: zone.since };
  },
};

/** How a required zone stands. `since` when it has been unknown, milliseconds since 1970. */
export type ZoneHealth = { cameras: number; healthy: number } & (
  | { outcome: 'ok' }
  | { outcome: 'fault'; reason: Text }
  | { outcome: 'unknown'; reason: Text; since: number }
);

export function zoneHealth(kind: ZoneKind, scene: Scene): ZoneHealth {
  if (scene.state.layout === null)
    return { cameras: 0, healthy: 0, outcome: 'unknown', reason: notRegistered, since: scene.state.expectedSince };
  const { minHealthyCameras } = zoneRequirement(scene.standard, kind);
  const watching = camerasOf(kind, scene).map((camera) => ({ camera, health: cameraHealth(camera.id, scene) }));
  const count = (outcome: CameraHealth['outcome']) => watching.filter(({ health }) => health.outcome === outcome).length;
  const counts = { cameras: watching.length, healthy: count('ok') };
  if (counts.healthy >= minHealthyCameras) return { ...counts, outcome: 'ok' };
  const reason = reasonOf(watching);
  if (counts.healthy + count('unknown') < minHealthyCameras) return { ...counts, outcome: 'fault', reason };
  // The zone stopped being provable when the last camera it could still count on did.
  const since = Math.max(...watching.map(({ health }) => (health.outcome === 'unknown' ? health.since : 0)));
  return { ...counts, outcome: 'unknown', reason, since };
}

const notRegistered: Text = { zh: '网关尚未上报摄像头清单', en: 'The gateway has not told its cameras yet' };

function camerasOf(kind: ZoneKind, { layout }: Scene): CameraPlace[] {
  const zones = new Set(layout.zones.filter((zone) => zone.kind === kind).map((zone) => zone.id));
  return layout.cameras.filter((camera) => camera.zones.some((zone) => zones.has(zone)));
}

function reasonOf(watching: { camera: CameraPlace; health: CameraHealth }[]): Text {
  const ailing = watching
    .flatMap(({ camera, health }) => (health.outcome === 'ok' ? [] : [{ name: camera.name, reason: health.reason }]))
    .slice(0, 5);
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
