// Every camera and every recorder must answer on the canteen's network.
import { strangerAt } from '../device-answers.ts';
import type { CameraRule, Finding, RecorderRule, Scene } from '../rule.ts';
import { faultWording } from '../wording.ts';

export const cameraUnreachable: CameraRule = {
  id: 'camera-unreachable',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.cameraReachable,
  judge: (camera, scene) => judge(camera.id, scene),
};

export const recorderUnreachable: RecorderRule = {
  id: 'recorder-unreachable',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.cameraReachable,
  judge: (recorder, scene) => judge(recorder.id, scene),
};

function judge(device: string, scene: Scene): Finding | undefined {
  const beliefs = [...strangerAt(device, scene), scene.believed(device, 'reachable')];
  const worst = beliefs.find(({ outcome }) => outcome === 'fault') ?? beliefs.find(({ outcome }) => outcome === 'unknown');
  if (worst === undefined) return undefined;
  const wording = faultWording(worst.fact?.fault);
  return finding(wording, worst.outcome === 'fault' ? { certainty: 'fault' } : { certainty: 'unknown', since: worst.since });
}

function finding(
  wording: ReturnType<typeof faultWording>,
  certainty: { certainty: 'fault' } | { certainty: 'unknown'; since: number },
): Finding {
  return {
    measured: certainty.certainty === 'fault' ? { zh: '不在线', en: 'Offline' } : { zh: '状态未知', en: 'Not known' },
    required: { zh: '在线', en: 'Online' },
    ...wording,
    ...certainty,
  };
}
