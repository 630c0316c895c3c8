// Every camera's picture must show something.
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule } from '../rule.ts';
import { faultWording } from '../wording.ts';

export const pictureBlack: CameraRule = {
  id: 'picture-black',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.pictureNotBlack,
  judge(camera, scene) {
    if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
    if (scene.believed(camera.id, 'stream').outcome !== 'ok') return { explainedBy: 'stream-does-not-decode' };
    const picture = scene.believed(camera.id, 'picture');
    if (picture.outcome === 'ok') return undefined;
    const told = { required: { zh: '画面可见', en: 'A visible picture' }, ...faultWording(picture.fact?.fault) };
    if (picture.outcome === 'unknown')
      return { ...told, measured: { zh: '画面未经验证', en: 'Picture not verified' }, certainty: 'unknown', since: picture.since };
    const black = Math.round(picture.fact.measured?.blackPercent ?? 100);
    return { ...told, measured: { zh: `画面${black}%为黑`, en: `${black} % of the picture is black` }, certainty: 'fault' };
  },
};
