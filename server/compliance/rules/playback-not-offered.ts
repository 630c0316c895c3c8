// A recorder that lists footage and offers no play-back leaves it unproven.
import { deviceAnswers } from '../device-answers.ts';
import type { RecorderRule } from '../rule.ts';
import { retentionShort } from './retention-short.ts';

export const playbackNotOffered: RecorderRule = {
  id: 'playback-not-offered',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.playbackOffered,
  judge(recorder, scene) {
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    const playback = scene.believed(recorder.id, 'playback');
    if (playback.outcome !== 'unknown') return undefined;
    if (playback.fact?.fault !== 'not-supported') return { explainedBy: 'footage-does-not-play' };
    const untold = scene.believed(recorder.id, 'footage').outcome !== 'ok';
    if (untold && retentionShort.judge(recorder, scene) !== undefined) return { explainedBy: retentionShort.id };
    return {
      certainty: 'unknown',
      since: playback.since,
      measured: { zh: '录像未经回放证实', en: 'Not proven by play-back' },
      required: { zh: '平台可抽查回放录像', en: 'Footage can be spot-checked by play-back' },
      cause: {
        zh: '录像机既不提供ONVIF回放，也没有网关能用的厂商回放接口，或以网关不识别的编码回放',
        en: 'The recorder offers neither ONVIF replay nor a maker’s play-back that the gateway knows, or plays in a coding it does not know',
      },
      fix: {
        zh: '在录像机上启用ONVIF（Profile G）回放，或升级、更换录像机',
        en: 'Switch on ONVIF (Profile G) replay on the recorder, update it or replace it',
      },
    };
  },
};
