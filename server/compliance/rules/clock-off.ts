// Clocks of cameras and recorders: with a wrong one, three months of footage prove nothing.
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule, Explained, Finding, RecorderRule, Scene } from '../rule.ts';
import { faultWording } from '../wording.ts';

const about = { id: 'clock-off', gate: 'monitoring-connected', requirement: (standard: Scene['standard']) => standard.clock } as const;

export const cameraClockOff: CameraRule = {
  ...about,
  per: 'camera',
  judge: (camera, scene) => judge(camera.id, scene, 'camera-unreachable'),
};
export const recorderClockOff: RecorderRule = {
  ...about,
  per: 'recorder',
  judge: (recorder, scene) => judge(recorder.id, scene, 'recorder-unreachable'),
};

function judge(device: string, scene: Scene, offline: string): Finding | Explained | undefined {
  if (!deviceAnswers(device, scene)) return { explainedBy: offline };
  const { maxOffsetSeconds } = scene.standard.clock;
  const required = { zh: `误差不超过${maxOffsetSeconds}秒`, en: `Within ${maxOffsetSeconds} s` };
  const clock = scene.believed(device, 'clock');
  const measured = clock.fact?.measured;
  if (clock.outcome !== 'ok' || measured === undefined) {
    return {
      certainty: 'unknown',
      since: clock.since,
      measured: { zh: '时钟未能读取', en: 'Clock not read' },
      required,
      ...faultWording(clock.fact?.fault),
    };
  }
  const off = Math.abs(measured.offsetSeconds);
  if (off + measured.uncertaintySeconds <= maxOffsetSeconds) return undefined;
  const told = {
    measured: offsetWords(measured.offsetSeconds),
    required,
    cause: isZoneFault(measured.offsetSeconds) ? zoneFault : { zh: '设备时钟不准', en: 'The device’s clock is wrong' },
    fix: { zh: '在设备上启用NTP校时并核对时区', en: 'Switch on NTP on the device and check its time zone' },
  };
  // Nearer to the limit than the measurement can tell: neither side is proven.
  return off - measured.uncertaintySeconds > maxOffsetSeconds
    ? { ...told, certainty: 'fault' }
    : { ...told, certainty: 'unknown', since: clock.since };
}

const zoneFault = { zh: '时区设置错误：UTC时间里写的是本地时间', en: 'Time-zone fault: local time is given as UTC' };

/** Off by a multiple of a quarter of an hour, to within 5 s and what the measurement may be off: nobody's clock drifts to that. */
export function isZoneFault(offsetSeconds: number, uncertaintySeconds = 0): boolean {
  const off = Math.abs(offsetSeconds);
  return off > 600 && Math.abs(off - Math.round(off / 900) * 900) <= 5 + uncertaintySeconds;
}

export function offsetWords(offsetSeconds: number): { zh: string; en: string } {
  const seconds = Math.round(Math.abs(offsetSeconds));
  return offsetSeconds > 0 ? { zh: `快${seconds}秒`, en: `${seconds} s ahead` } : { zh: `慢${seconds}秒`, en: `${seconds} s behind` };
}
