// What each recorder keeps of each of its cameras, as the pages show it; pure.
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import type { Standard } from '#contract/standard.ts';
import type { RetentionView } from '#contract/views.ts';
import { deviceAnswers } from './device-answers.ts';
import { forecast } from './forecast.ts';
import { footageOf } from './kept-footage.ts';
import { createMemory } from './memory.ts';
import type { Scene } from './rule.ts';
import type { CanteenState } from './state.ts';

/** One for each camera and recorder that is to keep it; while the gateway is silent, all that is known is what is required. */
export function retentionView(
  state: CanteenState,
  { standard, now, silent }: { standard: Standard; now: number; silent: boolean },
): RetentionView[] {
  const scene = createMemory().sceneOf(state, standard, now);
  return scene.layout.recorders.flatMap((recorder) => {
    const told = !silent && deviceAnswers(recorder.id, scene);
    const cameras = scene.layout.cameras.filter(({ id }) => recorder.cameras.includes(id));
    return cameras.map((camera) => (told ? viewOf(camera, recorder, scene) : unknown(camera, recorder, scene)));
  });
}

function unknown(camera: CameraPlace, recorder: RecorderPlace, { standard }: Scene): RetentionView {
  const { minDays: requiredDays } = standard.retention;
  return { camera: camera.id, recorder: recorder.id, state: 'unknown', requiredDays, keptDays: 0, unbrokenDays: 0 };
}

function viewOf(camera: CameraPlace, recorder: RecorderPlace, scene: Scene): RetentionView {
  const view = unknown(camera, recorder, scene);
  const footage = footageOf(recorder, scene);
  if (footage.outcome === 'fault') return { ...view, state: 'fell-short' };
  if (footage.outcome === 'unknown') return view;
  const { kept, daysAsked, disksSince: _, full: __, ...leads } = forecast(camera, recorder, { scene, footage });
  const oldest = kept?.recording?.oldest;
  const days = { keptDays: kept?.days ?? daysAsked ?? 0, unbrokenDays: kept?.unbroken ?? daysAsked ?? 0 };
  return { ...view, ...days, ...leads, ...(oldest === undefined ? {} : { oldest }) };
}
