// A camera that says itself that it was covered, turned, blurred or cut off must be looked after.
import { kindsOfLight, type TamperKind } from '#contract/event-measured.ts';
import type { FactOf } from '#contract/facts.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import type { CameraRule } from '../rule.ts';
import { faultWording } from '../wording.ts';

/** Nothing is asked of a camera that tells nothing: its pictures are looked at all the same. But what it told last stands until it tells otherwise. */
export const cameraTampered: CameraRule = {
  id: 'camera-tampered',
  per: 'camera',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.cameraNotTampered,
  judge(camera, scene) {
    if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
    const tamper = scene.believed(camera.id, 'tamper');
    const [kind] = tampering(tamper.fact);
    if (kind === undefined) return undefined;
    const told = {
      measured: kinds[kind],
      required: { zh: '镜头无遮挡、未移动', en: 'Not covered, not moved' },
      ...faultWording('tampered'),
    };
    if (tamper.outcome === 'fault') return { ...told, certainty: 'fault' };
    return { ...told, certainty: 'unknown', since: tamper.since, cause: unconfirmed };
  },
};

function tampering(fact: FactOf<'tamper'> | undefined): TamperKind[] {
  const active = fact?.measured?.sources.filter((source) => source.active) ?? [];
  return active.map(({ kind }) => kind).filter((kind) => !kindsOfLight.has(kind));
}

const kinds: Record<TamperKind, Text> = {
  covered: { zh: '摄像头报告遮挡或破坏', en: 'The camera reports that it is covered or tampered with' },
  'scene-changed': { zh: '摄像头报告画面场景改变', en: 'The camera reports that its view has changed' },
  blurred: { zh: '摄像头报告画面模糊', en: 'The camera reports a blurred picture' },
  'signal-lost': { zh: '摄像头报告信号丢失', en: 'The camera reports that its signal is lost' },
  dark: { zh: '摄像头报告画面过暗', en: 'The camera reports a picture too dark' },
  bright: { zh: '摄像头报告画面过亮', en: 'The camera reports a picture too bright' },
};

const unconfirmed: Text = {
  zh: '摄像头曾报告被破坏，之后未能确认已恢复',
  en: 'The camera reported tampering, and since then could not be heard to call it off',
};
