// Footage must be kept for the days the standard asks, every one of them whole, and the recorder must be able to show it.
import type { FootageDay, FootageMeasured, RecordingMeasured } from '#contract/facts.ts';
import type { CameraPlace } from '#contract/layout.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import type { RecorderRule, Scene } from '../rule.ts';
import { dayInChina, faultWording } from '../wording.ts';

export const retentionShort: RecorderRule = {
  id: 'retention-short',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.retention,
  judge(recorder, scene) {
    const { minDays } = scene.standard.retention;
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    const required = { zh: `连续可追溯不少于${minDays}天`, en: `At least ${minDays} days, without a break` };
    const footage = scene.believed(recorder.id, 'footage');
    if (footage.outcome === 'fault') {
      return { certainty: 'fault', measured: { zh: '没有录像', en: 'No footage' }, required, ...faultWording(footage.fact.fault) };
    }
    if (footage.outcome === 'unknown' || footage.fact.measured?.complete !== true) {
      return {
        certainty: 'unknown',
        since: footage.since,
        measured: { zh: '录像时长未经证实', en: 'Retention not proven' },
        required,
        ...faultWording(footage.fact?.fault),
      };
    }
    const worst = worstKept(recorder.cameras, footage.fact.measured, scene);
    if (worst === undefined || worst.kept.days >= minDays) return undefined;
    return { certainty: 'fault', required, ...shortWording(worst, minDays) };
  },
};

interface Kept {
  /** How many of the required days are whole. */
  days: number;
  /** How many whole days there are without a break, back from now. */
  unbroken: number;
  recording: RecordingMeasured | undefined;
}

function worstKept(cameras: string[], footage: FootageMeasured, scene: Scene): { camera: CameraPlace; kept: Kept } | undefined {
  const perCamera = scene.layout.cameras
    .filter((camera) => cameras.includes(camera.id))
    .map((camera) => ({
      camera,
      kept: bestOf(
        footage.recordings.filter((recording) => recording.camera === camera.id).map((recording) => keptOf(recording, scene.standard)),
      ),
    }));
  return perCamera.toSorted((a, b) => a.kept.days - b.kept.days)[0];
}

/** One camera may be kept twice (main and sub stream, say): the better one counts. */
function bestOf(kept: Kept[]): Kept {
  return kept.toSorted((a, b) => b.days - a.days)[0] ?? { days: 0, unbroken: 0, recording: undefined };
}

/** The days asked of are the last `minDays` whole calendar days; today, as far as it has come, must be whole too for them to count as unbroken. */
function keptOf(recording: RecordingMeasured, standard: Scene['standard']): Kept {
  const { minDays, dayCompletePercent } = standard.retention;
  const newestFirst = recording.days.toReversed();
  const [today, ...before] = newestFirst.map((day) => isWhole(day, dayCompletePercent));
  const required = before.slice(0, minDays);
  const firstHole = required.indexOf(false);
  const unbroken = firstHole === -1 ? required.length : firstHole;
  const wholeDays = required.filter(Boolean).length;
  // A recorder that stopped this morning still has all of yesterday: without today the chain has ended.
  return { days: today === true ? wholeDays : Math.min(wholeDays, minDays - 1), unbroken: today === true ? unbroken : 0, recording };
}

const daySeconds = 86_400;

/** What may be missing is a share of a whole day, so that a day just begun is not judged by its first minute. */
function isWhole(day: FootageDay, completePercent: number): boolean {
  return day.expectedSeconds - day.recordedSeconds <= daySeconds * (1 - completePercent / 100);
}

function shortWording({ camera, kept }: { camera: CameraPlace; kept: Kept }, minDays: number): { measured: Text; cause: Text; fix: Text } {
  const oldest = kept.recording?.oldest;
  if (oldest === undefined) {
    return { measured: { zh: `${camera.name}：没有录像`, en: `${camera.name}: no footage` }, ...faultWording('no-recordings') };
  }
  const day = dayInChina(Date.parse(oldest));
  const since = { zh: `最早${day}`, en: `oldest ${day}` };
  if (kept.days === kept.unbroken) {
    return {
      measured: { zh: `${camera.name}：${kept.days}天（${since.zh}）`, en: `${camera.name}: ${kept.days} days (${since.en})` },
      cause: {
        zh: '录像起始时间不够早：硬盘容量不足、保存期设置过短，或录制未满期',
        en: 'The footage does not go back far enough: disk too small, retention set too short, or recording began too late',
      },
      fix: {
        zh: '扩充硬盘或调整码率与保存期；新装录像机待录满后自动销号',
        en: 'Add disk, lower the bitrate or lengthen the retention; with a new recorder this closes by itself in time',
      },
    };
  }
  return {
    measured: {
      zh: `${camera.name}：${minDays}天中${kept.days}天完整，连续${kept.unbroken}天（${since.zh}）`,
      en: `${camera.name}: ${kept.days} of ${minDays} days whole, ${kept.unbroken} unbroken (${since.en})`,
    },
    cause: { zh: '录像有缺段', en: 'The footage has holes' },
    fix: { zh: '查明缺段原因：断电、断网、硬盘故障或录像计划', en: 'Find what made the holes: power, network, disk or schedule' },
  };
}
