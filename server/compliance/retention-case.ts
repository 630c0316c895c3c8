// What both rules about retention begin with: whether there is anything to judge, and where the footage of each camera leads.
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import { deviceAnswers } from './device-answers.ts';
import { type Forecast, forecast } from './forecast.ts';
import { camerasToKeep, footageOf, type ToldFootage } from './kept-footage.ts';
import type { Explained, Scene } from './rule.ts';

export interface Judged {
  camera: CameraPlace;
  leads: Forecast;
}

/** `settled`: there is nothing to judge. `judged` is empty where the footage was not told. */
export type RetentionCase = { settled: Explained | undefined } | { footage: ToldFootage; judged: Judged[] };

export function retentionCase(recorder: RecorderPlace, scene: Scene): RetentionCase {
  const cameras = camerasToKeep(recorder, scene);
  if (cameras.length === 0) return { settled: undefined };
  if (!deviceAnswers(recorder.id, scene)) return { settled: { explainedBy: 'recorder-unreachable' } };
  const footage = footageOf(recorder, scene);
  if (footage.outcome !== 'ok') return { footage, judged: [] };
  return { footage, judged: cameras.map((camera) => ({ camera, leads: forecast(camera, recorder, { scene, footage }) })) };
}
