// The time written into the picture: whoever looks at the footage later has no other.
import type { OverlayClock } from '#contract/camera-measured.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule } from '../rule.ts';
import { isZoneFault, offsetWords } from './clock-off.ts';

export const overlayClockOff: CameraRule = {
  id: 'overlay-clock-off',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.overlayClock,
  judge(camera, scene) {
    if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
    const stream = scene.believed(camera.id, 'stream');
    if (stream.outcome !== 'ok') return { explainedBy: 'stream-does-not-decode' };
    // A camera need not write the time into its picture, nor so that we can read it.
    const shown = stream.fact.measured?.overlayClock;
    const { maxOffsetSeconds } = scene.standard.overlayClock;
    if (shown === undefined || Math.abs(shown.offsetSeconds) - shown.uncertaintySeconds <= maxOffsetSeconds) return undefined;
    const clock = scene.believed(camera.id, 'clock').fact?.measured;
    if (clock !== undefined && Math.abs(clock.offsetSeconds) > scene.standard.clock.maxOffsetSeconds && goesWith(shown, clock))
      return { explainedBy: 'clock-off' };
    const words = offsetWords(shown.offsetSeconds);
    return {
      certainty: 'fault',
      measured: { zh: `画面显示${shown.shown}，${words.zh}`, en: `The picture shows ${shown.shown}, ${words.en}` },
      required: { zh: `误差不超过${maxOffsetSeconds}秒`, en: `Within ${maxOffsetSeconds} s` },
      ...(isZoneFault(shown.offsetSeconds, shown.uncertaintySeconds) ? zoneFault : clock === undefined ? unknownOrigin : notTheCamera),
    };
  },
};

/** Both are off alike: one clock, which is wrong. */
function goesWith(shown: OverlayClock, clock: { offsetSeconds: number; uncertaintySeconds: number }): boolean {
  return Math.abs(shown.offsetSeconds - clock.offsetSeconds) <= shown.uncertaintySeconds + clock.uncertaintySeconds + 5;
}

const fix: Text = {
  zh: '核对是谁叠加画面时间（摄像头或录像机），在该设备上启用NTP校时并核对时区',
  en: 'Find out which device writes the time, camera or recorder; switch on NTP there and check its time zone',
};
const zoneFault: { cause: Text; fix: Text } = {
  cause: { zh: '画面时间属于另一时区', en: 'The picture shows the time of another time zone' },
  fix,
};
const notTheCamera: { cause: Text; fix: Text } = {
  cause: {
    zh: '画面时间与摄像头自身时钟不一致：由录像机叠加，或编码器停滞',
    en: 'It is not what the camera’s own clock says: a recorder writes it, or the encoder is frozen',
  },
  fix,
};
const unknownOrigin: { cause: Text; fix: Text } = { cause: { zh: '画面时间不准', en: 'The time in the picture is wrong' }, fix };
