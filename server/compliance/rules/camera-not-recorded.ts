// Every camera's footage must be kept somewhere.
import type { CameraRule } from '../rule.ts';

export const cameraNotRecorded: CameraRule = {
  id: 'camera-not-recorded',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.retention,
  judge(camera, { layout, standard }) {
    if (layout.recorders.some((recorder) => recorder.cameras.includes(camera.id))) return undefined;
    return {
      certainty: 'fault',
      measured: { zh: '没有录像机为其录像', en: 'No recorder keeps its footage' },
      required: { zh: `录像保存不少于${standard.retention.minDays}天`, en: `Footage kept for ${standard.retention.minDays} days or more` },
      cause: { zh: '网关配置中没有录像机登记该摄像头', en: 'No recorder in the gateway’s settings lists this camera' },
      fix: { zh: '接入录像机，并在网关登记它录制哪些摄像头', en: 'Connect a recorder and register at the gateway which cameras it keeps' },
    };
  },
};
