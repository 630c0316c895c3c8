// Size and frame rate of every camera's stream, as measured from its packets.
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule } from '../rule.ts';

export const pictureBelowStandard: CameraRule = {
  id: 'picture-below-standard',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.pictureQuality,
  judge(camera, scene) {
    const stream = scene.believed(camera.id, 'stream');
    if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
    if (stream.outcome !== 'ok' || stream.fact.measured === undefined) return { explainedBy: 'stream-does-not-decode' };
    const { minWidth, minHeight, minFramesPerSecond, tolerancePercent } = scene.standard.pictureQuality;
    const { width, height, framesPerSecond } = stream.fact.measured;
    const largeEnough = isAtLeast({ width, height }, { width: minWidth, height: minHeight });
    const fastEnough = framesPerSecond === undefined ? undefined : framesPerSecond >= minFramesPerSecond * (1 - tolerancePercent / 100);
    if (largeEnough && fastEnough) return undefined;
    const rate =
      framesPerSecond === undefined
        ? { zh: '帧率未测得', en: 'frame rate not measured' }
        : both(`${Math.round(framesPerSecond * 10) / 10} fps`);
    const told = {
      measured: { zh: `${width}×${height}，${rate.zh}`, en: `${width}×${height}, ${rate.en}` },
      required: {
        zh: `不低于${minWidth}×${minHeight}，${minFramesPerSecond} fps`,
        en: `At least ${minWidth}×${minHeight}, ${minFramesPerSecond} fps`,
      },
      cause: largeEnough ? { zh: '帧率不足', en: 'Too few frames a second' } : { zh: '分辨率不足', en: 'Too few pixels' },
      fix: { zh: '在摄像头上改用更高的码流设置，或更换摄像头', en: 'Choose a better stream setting on the camera, or replace it' },
    };
    return largeEnough && fastEnough === undefined
      ? { ...told, certainty: 'unknown', since: stream.since }
      : { ...told, certainty: 'fault' };
  },
};

/** A camera hung in corridor mode turns its picture by 90°; that loses no pixel. */
function isAtLeast(size: { width: number; height: number }, least: { width: number; height: number }): boolean {
  const long = Math.max(size.width, size.height) >= Math.max(least.width, least.height);
  return long && Math.min(size.width, size.height) >= Math.min(least.width, least.height);
}

function both(words: string): { zh: string; en: string } {
  return { zh: words, en: words };
}
