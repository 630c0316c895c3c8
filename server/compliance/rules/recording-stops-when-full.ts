// A recorder must go on recording when its disks are full: one that does not overwrite stops on the day that can be reckoned.
import type { RecorderPlace } from '#contract/layout.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import { footageOf, type ToldFootage } from '../kept-footage.ts';
import { disksOf } from '../recorder-disks.ts';
import type { RecorderRule, Scene } from '../rule.ts';
import { dayInChina } from '../wording.ts';

export const recordingStopsWhenFull: RecorderRule = {
  id: 'recording-stops-when-full',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.recorderDisks,
  judge(recorder, scene) {
    const { outcome, fact } = scene.believed(recorder.id, 'storage');
    const storage = fact?.measured;
    if (storage?.overwrites !== false || fact?.fault === 'not-supported') return undefined;
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    if (outcome === 'unknown') return { explainedBy: 'disk-broken' };
    const footage = footageOf(recorder, scene);
    if (hasOverwritten(footage)) return undefined;
    return {
      certainty: 'fault',
      measured: whenFull(recorder, { freeBytes: storage.freeBytes, footage, scene }),
      required: {
        zh: '硬盘写满后覆盖最早的录像，录制不中断',
        en: 'When the disks are full, the oldest footage makes room and recording goes on',
      },
      cause: { zh: '录像机未启用循环覆盖', en: 'The recorder is set not to overwrite' },
      fix: { zh: '在录像机的存储设置中启用循环覆盖', en: 'Switch overwriting (loop recording) on in the storage settings of the recorder' },
    };
  },
};

/** Whatever it says of its settings, it does overwrite. */
function hasOverwritten(footage: ToldFootage): boolean {
  return footage.outcome === 'ok' && footage.measured.recordings.some(({ gaps }) => gaps.some(({ cause }) => cause === 'overwritten'));
}

const dayMs = 86_400_000;

function whenFull(
  recorder: RecorderPlace,
  { freeBytes, footage, scene }: { freeBytes: number | undefined; footage: ToldFootage; scene: Scene },
): Text {
  const stops = { zh: '硬盘写满即停止录像', en: 'Recording stops when the disks are full' };
  if (freeBytes === 0) return { zh: '硬盘已满，录像停止', en: 'The disks are full, and recording stops' };
  const space = footage.outcome === 'ok' ? disksOf(recorder, scene).space : undefined;
  // The sooner of the days reckoned.
  const bitsPerSecond = Math.max(0, ...(space?.rates ?? []).map((rate) => rate.bitsPerSecond));
  if (freeBytes === undefined || bitsPerSecond === 0) return stops;
  const days = (freeBytes * 8 * 1000) / bitsPerSecond / dayMs;
  const day = dayInChina(scene.now + days * dayMs);
  return { zh: `${stops.zh}，预计${day}写满`, en: `${stops.en}, about ${day}` };
}
