// Every camera's picture must show something; here it is also told where nothing is known of a picture.
import { deviceAnswers } from '../device-answers.ts';
import { aspectOutcome, unseenSince } from '../picture-aspects.ts';
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
    const outcome = aspectOutcome(picture, 'black');
    if (outcome === 'ok') return undefined;
    const told = { required: { zh: '画面可见', en: 'A visible picture' }, ...faultWording(picture.fact?.fault) };
    if (outcome === 'unknown')
      return {
        ...told,
        measured: { zh: '画面未经验证', en: 'Picture not verified' },
        certainty: 'unknown',
        since: unseenSince(picture, scene),
      };
    const black = Math.round(picture.fact?.measured?.blackPercent ?? 100);
    return {
      ...told,
      ...faultWording('black'),
      measured: { zh: `画面${black}%为黑`, en: `${black} % of the picture is black` },
      certainty: 'fault',
    };
  },
};
