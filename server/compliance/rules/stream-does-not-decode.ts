// Every camera's stream must open and decode: that, not a ping, is "connected".
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule } from '../rule.ts';
import { faultWording } from '../wording.ts';

export const streamDoesNotDecode: CameraRule = {
  id: 'stream-does-not-decode',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.streamDecodes,
  judge(camera, scene) {
    if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
    const stream = scene.believed(camera.id, 'stream');
    if (stream.outcome === 'ok') return undefined;
    const told = { required: { zh: '视频流可解码', en: 'The stream decodes' }, ...faultWording(stream.fact?.fault) };
    if (stream.outcome === 'fault') return { ...told, measured: { zh: '视频流不可用', en: 'No usable stream' }, certainty: 'fault' };
    return { ...told, measured: { zh: '视频流未经验证', en: 'Stream not verified' }, certainty: 'unknown', since: stream.since };
  },
};
