// The gateway looks; with an account that may delete footage, whoever breaks into it could.
import type { CameraRule, Finding, RecorderRule, Scene } from '../rule.ts';

const about = {
  id: 'account-too-strong',
  gate: 'monitoring-connected',
  requirement: (standard: Scene['standard']) => standard.accountOnlyLooks,
} as const;

export const cameraAccountTooStrong: CameraRule = { ...about, per: 'camera', judge: (camera, scene) => judge(camera.id, scene) };
export const recorderAccountTooStrong: RecorderRule = { ...about, per: 'recorder', judge: (recorder, scene) => judge(recorder.id, scene) };

/** Most devices tell this to administrators only, so that not being told is no reason for doubt. */
function judge(device: string, scene: Scene): Finding | undefined {
  const account = scene.believed(device, 'account');
  if (account.fact?.measured?.mayDelete !== true) return undefined;
  const told = {
    measured: { zh: '网关使用管理员账号', en: 'The gateway uses an administrator’s account' },
    required: { zh: '只能查看和回放的账号', en: 'An account that may only view and play back' },
    cause: { zh: '该账号可删除录像、格式化硬盘', en: 'This account may delete footage and format disks' },
    fix: {
      zh: '在设备上为网关新建普通用户（只读、可回放），并写入网关配置',
      en: 'Make an ordinary user (view and play back) for the gateway on the device, and enter it in the gateway’s settings',
    },
  };
  return account.outcome === 'ok' ? { ...told, certainty: 'fault' } : { ...told, certainty: 'unknown', since: account.since };
}
