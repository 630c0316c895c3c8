// What a recorder told completely of its footage and may still be believed, and what that shows of one camera.
import type { FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured } from '#contract/footage.ts';
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import { deviceAnswers } from './device-answers.ts';
import { type Proof, proofOf } from './kept-days.ts';
import type { Scene } from './rule.ts';

export interface KeptFootage {
  outcome: 'ok';
  fact: FactOf<'footage'>;
  measured: FootageMeasured;
  since: number;
}

/** `ok`: told completely; otherwise why there is no such thing. */
export type ToldFootage =
  | KeptFootage
  | { outcome: 'fault'; fault: FaultCode | undefined }
  | { outcome: 'unknown'; fault: FaultCode | undefined; since: number };

export function footageOf(recorder: RecorderPlace, scene: Scene): ToldFootage {
  const { outcome, fact, since } = scene.believed(recorder.id, 'footage');
  if (outcome === 'fault') return { outcome, fault: fact.fault };
  if (outcome === 'unknown' || fact.measured?.complete !== true) return { outcome: 'unknown', fault: fact?.fault, since };
  return { outcome, fact, measured: fact.measured, since };
}

export function proofIn(recorder: RecorderPlace, camera: CameraPlace, scene: Scene): Proof {
  return scene.remember(`what ${recorder.id} keeps of ${camera.id}`, (seen) => {
    const footage = footageOf(recorder, seen);
    if (footage.outcome !== 'ok') return { outcome: 'unknown' };
    return proofOf(camera.id, footage.measured, { observedAt: Date.parse(footage.fact.observedAt), standard: seen.standard });
  });
}

/** The cameras a recorder has to keep: what is kept long enough by one recorder need not be kept by another as well. */
export function camerasToKeep(recorder: RecorderPlace, scene: Scene): CameraPlace[] {
  return scene.layout.cameras.filter((camera) => recorder.cameras.includes(camera.id) && !isKeptElsewhere(camera, recorder, scene));
}

function isKeptElsewhere(camera: CameraPlace, recorder: RecorderPlace, scene: Scene): boolean {
  return scene.layout.recorders.some((other) => {
    if (other.id === recorder.id || !other.cameras.includes(camera.id) || !deviceAnswers(other.id, scene)) return false;
    const footage = footageOf(other, scene);
    return footage.outcome === 'ok' && proofIn(other, camera, scene).outcome === 'ok';
  });
}
