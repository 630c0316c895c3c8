// What a recorder lists must really play, and show the time that was asked for: a list is a claim, a picture is proof.
import type { PlaybackSample } from '#contract/footage.ts';
import type { RecorderPlace } from '#contract/layout.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import type { RecorderRule, Scene } from '../rule.ts';
import { faultWording, inChina } from '../wording.ts';
import { playbackNotOffered } from './playback-not-offered.ts';
import { retentionShort } from './retention-short.ts';

export const footageDoesNotPlay: RecorderRule = {
  id: 'footage-does-not-play',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.playback,
  judge(recorder, scene) {
    if (!deviceAnswers(recorder.id, scene)) return { explainedBy: 'recorder-unreachable' };
    const { minSamples, maxDeviationSeconds } = scene.standard.playback;
    const required = {
      zh: `所列录像均可回放，与所点时刻相差不超过${maxDeviationSeconds}秒`,
      en: `All listed footage plays, within ${maxDeviationSeconds} s of the time asked for`,
    };
    const playback = scene.believed(recorder.id, 'playback');
    const samples = playback.fact?.measured?.samples ?? [];
    if (playback.outcome !== 'unknown') {
      const failed = samples.find((sample) => sample.outcome === 'fault');
      if (failed !== undefined) return { certainty: 'fault', required, ...failedWording(failed, samples, scene) };
      const strayed = samples.find((sample) => Math.abs(sample.deviationSeconds ?? 0) > maxDeviationSeconds);
      if (strayed !== undefined) return { certainty: 'fault', required, ...strayedWording(strayed, scene) };
    }
    const proven = samples.filter(({ outcome, deviationSeconds }) => outcome === 'ok' && deviationSeconds !== undefined).length;
    if (playback.outcome === 'ok' && proven === samples.length && proven >= minSamples) return undefined;
    if (playback.fact?.fault === 'not-supported') return { explainedBy: playbackNotOffered.id };
    if (isForWantOfFootage(recorder, scene)) return { explainedBy: retentionShort.id };
    return {
      certainty: 'unknown',
      since: playback.since,
      measured: { zh: '录像回放未经证实', en: 'Not proven by play-back' },
      required,
      ...(playback.outcome === 'ok' ? tooFew : faultWording(playback.fact?.fault)),
    };
  },
};

/** Nothing could be asked for, because the recorder does not tell what it holds, or holds nothing; that has a gap of its own. */
function isForWantOfFootage(recorder: RecorderPlace, scene: Scene): boolean {
  const { fact } = scene.believed(recorder.id, 'playback');
  const footage = scene.believed(recorder.id, 'footage');
  const untold = footage.outcome !== 'ok' || fact?.fault === 'no-recordings' || fact?.fault === 'incomplete';
  return untold && retentionShort.judge(recorder, scene) !== undefined;
}

const tooFew = {
  cause: { zh: '可供抽查的录像太少', en: 'There is too little footage to try' },
  fix: { zh: '等待录像积累后网关自动复查', en: 'Wait for more footage; the gateway tries again by itself' },
};

const repair: Text = {
  zh: '在录像机上回放该时刻；检查硬盘和录像索引，必要时修复或更换硬盘',
  en: 'Play that moment on the recorder itself; check disks and index of footage, repair or replace the disk if need be',
};

function failedWording(
  failed: PlaybackSample,
  samples: readonly PlaybackSample[],
  scene: Scene,
): { measured: Text; cause: Text; fix: Text } {
  const count = samples.filter(({ outcome }) => outcome === 'fault').length;
  const what = momentOf(failed, scene);
  const share = { zh: `抽查${samples.length}处，${count}处不能回放`, en: `${count} of ${samples.length} spot checks do not play` };
  const measured = { zh: `${what}：列有录像但不能回放（${share.zh}）`, en: `${what}: listed, and does not play (${share.en})` };
  return { measured, cause: faultWording(failed.fault).cause, fix: repair };
}

function strayedWording(strayed: PlaybackSample, scene: Scene): { measured: Text; cause: Text; fix: Text } {
  const what = momentOf(strayed, scene);
  const shown = strayed.played === undefined ? '?' : inChina(Date.parse(strayed.played));
  return {
    measured: { zh: `${what}：回放的却是${shown}`, en: `${what}: what plays is of ${shown}` },
    cause: { zh: '所列时刻没有录像，录像机跳到了别处', en: 'There is no footage at the time listed; the recorder goes elsewhere' },
    fix: repair,
  };
}

/** `大厅1号 2026-08-26 14:02:33` */
function momentOf({ camera, recording, asked }: PlaybackSample, { layout }: Scene): string {
  const name = layout.cameras.find(({ id }) => id === camera)?.name ?? recording;
  return `${name} ${inChina(Date.parse(asked))}`;
}
