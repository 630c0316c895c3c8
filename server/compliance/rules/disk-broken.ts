// A recorder's disks must be sound, and do: one that is broken or too small will cost footage, whatever is kept today.
import { deviceAnswers } from '../device-answers.ts';
import type { RecorderRule } from '../rule.ts';
import { faultWording } from '../wording.ts';

export const diskBroken: RecorderRule = {
  id: 'disk-broken',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.recorderDisks,
  judge(recorder, scene) {
    const { outcome, fact, since } = scene.believed(recorder.id, 'storage');
    // The standard asks for footage, not for word of disks: a recorder that tells nothing of them lacks nothing.
    if (fact === undefined || fact.fault === 'not-supported' || outcome === 'ok') return undefined;
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    const required = { zh: '硬盘全部正常且容量足够', en: 'Every disk is sound and large enough' };
    if (outcome === 'fault') {
      const named = (wanted: string) =>
        (fact.measured?.disks ?? [])
          .filter(({ state }) => state === wanted)
          .map(({ name, said }) => (said === undefined ? name : `${name} (${said})`))
          .join(', ');
      const measured =
        fact.fault === 'disk-too-small'
          ? { zh: `硬盘容量不足：${named('too-small')}`, en: `Disk too small: ${named('too-small')}` }
          : { zh: `硬盘异常：${named('fault')}`, en: `Disk broken: ${named('fault')}` };
      return { certainty: 'fault', measured, required, ...faultWording(fact.fault) };
    }
    if (scene.believed(recorder.id, 'footage').outcome === 'unknown') return { explainedBy: 'retention-short' };
    const measured = { zh: '硬盘状态未知', en: 'State of the disks not known' };
    return { certainty: 'unknown', since, measured, required, ...faultWording(fact.fault) };
  },
};
