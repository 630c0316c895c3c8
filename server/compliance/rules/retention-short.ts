// Footage must be kept for the days the standard asks, every one of them whole, and the recorder must be able to show it.
import type { FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured } from '#contract/footage.ts';
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import { type Kept, type Proof, proofOf } from '../kept-days.ts';
import type { RecorderRule, Scene } from '../rule.ts';
import { dayInChina, faultWording } from '../wording.ts';

export const retentionShort: RecorderRule = {
  id: 'retention-short',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.retention,
  judge(recorder, scene) {
    const { minDays } = scene.standard.retention;
    const cameras = scene.layout.cameras.filter(
      (camera) => recorder.cameras.includes(camera.id) && !isKeptElsewhere(camera, recorder, scene),
    );
    if (cameras.length === 0) return undefined;
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    const required = { zh: `连续可追溯不少于${minDays}天`, en: `At least ${minDays} days, without a break` };
    const footage = footageOf(recorder, scene);
    if (footage.outcome === 'fault')
      return { certainty: 'fault', measured: { zh: '没有录像', en: 'No footage' }, required, ...faultWording(footage.fault) };
    const unproven = { certainty: 'unknown', measured: { zh: '录像时长未经证实', en: 'Retention not proven' }, required } as const;
    if (footage.outcome === 'unknown') return { ...unproven, since: footage.since, ...faultWording(footage.fault) };
    const worst = worstOf(cameras.map((camera) => ({ camera, proof: proofIn(footage, camera, scene) })));
    if (worst === undefined) return undefined;
    const { camera, proof } = worst;
    if (proof.outcome === 'unknown') return { ...unproven, since: footage.since, ...unprovenWording(camera, proof.daysAsked) };
    return { certainty: 'fault', required, ...shortWording({ camera, kept: proof.kept }, minDays) };
  },
};

type Footage = { outcome: 'fault'; fault: FaultCode | undefined } | { outcome: 'unknown'; fault: FaultCode | undefined; since: number };

/** What the recorder told completely and may still be believed, or why there is no such thing. */
function footageOf(
  recorder: RecorderPlace,
  scene: Scene,
): Footage | { outcome: 'ok'; fact: FactOf<'footage'>; measured: FootageMeasured; since: number } {
  const { outcome, fact, since } = scene.believed(recorder.id, 'footage');
  if (outcome === 'fault') return { outcome, fault: fact.fault };
  if (outcome === 'unknown' || fact.measured?.complete !== true) return { outcome: 'unknown', fault: fact?.fault, since };
  return { outcome, fact, measured: fact.measured, since };
}

/** What is kept long enough by one recorder need not be kept by another as well. */
function isKeptElsewhere(camera: CameraPlace, recorder: RecorderPlace, scene: Scene): boolean {
  return scene.layout.recorders.some((other) => {
    if (other.id === recorder.id || !other.cameras.includes(camera.id) || !deviceAnswers(other.id, scene)) return false;
    const footage = footageOf(other, scene);
    return footage.outcome === 'ok' && proofIn(footage, camera, scene).outcome === 'ok';
  });
}

function proofIn(
  { fact, measured }: { fact: FactOf<'footage'>; measured: FootageMeasured },
  camera: CameraPlace,
  { standard }: Scene,
): Proof {
  return proofOf(camera.id, measured, { observedAt: Date.parse(fact.observedAt), standard });
}

/** The worst camera speaks for the recorder: seen to be wrong before not shown to be right, fewest days first. */
function worstOf(
  proofs: { camera: CameraPlace; proof: Proof }[],
): { camera: CameraPlace; proof: Exclude<Proof, { outcome: 'ok' }> } | undefined {
  const failing = proofs.flatMap(({ camera, proof }) => (proof.outcome === 'ok' ? [] : [{ camera, proof }]));
  const days = (proof: Proof) => (proof.outcome === 'fault' ? proof.kept.days : Number.POSITIVE_INFINITY);
  return failing.toSorted((a, b) => (days(a.proof) < days(b.proof) ? -1 : days(a.proof) > days(b.proof) ? 1 : 0))[0];
}

function unprovenWording(camera: CameraPlace, daysAsked: number | undefined): { cause: Text; fix: Text } {
  if (daysAsked === undefined)
    return {
      cause: { zh: `录像机的应答不能说明${camera.name}的录像`, en: `The recorder’s answer does not tell what it keeps of ${camera.name}` },
      fix: {
        zh: '在网关配置的 recordings 中写明该摄像头的录像编号；核对录像机设置',
        en: 'Name this camera’s recording in the gateway’s settings (recordings), and check the recorder',
      },
    };
  return {
    cause: {
      zh: `只查询了最近${daysAsked}个整日的录像，均完整`,
      en: `Only the last ${daysAsked} whole days were asked for; they are all there`,
    },
    fix: { zh: '加大网关配置中的查询天数', en: 'Let the gateway ask for more days, in its settings' },
  };
}

function shortWording({ camera, kept }: { camera: CameraPlace; kept: Kept }, minDays: number): { measured: Text; cause: Text; fix: Text } {
  const oldest = kept.recording?.oldest;
  if (oldest === undefined) {
    return { measured: { zh: `没有录像（${camera.name}）`, en: `No footage (${camera.name})` }, ...faultWording('no-recordings') };
  }
  const day = dayInChina(Date.parse(oldest));
  const since = { zh: `${camera.name}，最早录像${day}`, en: `${camera.name}, oldest footage ${day}` };
  if (kept.missingTodaySeconds !== undefined) {
    const hours = Math.round(kept.missingTodaySeconds / 3600);
    return {
      measured: {
        zh: `${kept.days}天完整，今日缺录约${hours}小时（${since.zh}）`,
        en: `${kept.days} days whole, and about ${hours} h of today missing (${since.en})`,
      },
      cause: { zh: '录像可能已停止', en: 'Recording may have stopped' },
      fix: {
        zh: '检查录像机是否仍在录制：录像计划、硬盘状态和该摄像头的连接',
        en: 'See whether the recorder still records: schedule, disks, and its connection to this camera',
      },
    };
  }
  if (kept.days === kept.unbroken) {
    return {
      measured: { zh: `${kept.days}天（${since.zh}）`, en: `${kept.days} days (${since.en})` },
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
      zh: `${minDays}天中${kept.days}天完整，连续${kept.unbroken}天（${since.zh}）`,
      en: `${kept.days} of ${minDays} days whole, ${kept.unbroken} unbroken (${since.en})`,
    },
    cause: { zh: '录像有缺段', en: 'The footage has holes' },
    fix: { zh: '查明缺段原因：断电、断网、硬盘故障或录像计划', en: 'Find what made the holes: power, network, disk or schedule' },
  };
}
