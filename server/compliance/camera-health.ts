// Whether a camera can be called healthy: it answers, its stream decodes, its picture shows the kitchen; all three shown, and still believed.
import type { CheckName } from '#contract/facts.ts';
import type { Text } from '#contract/text.ts';
import { strangerAt } from './device-answers.ts';
import { watching } from './picture-aspects.ts';
import type { Scene } from './rule.ts';
import { faultWording } from './wording.ts';

/** `since` when the camera has been healthy, or unknown, milliseconds since 1970. */
export type CameraHealth =
  | { outcome: 'ok'; since: number }
  | { outcome: 'fault'; reason: Text }
  | { outcome: 'unknown'; reason: Text; since: number };

const checks = ['reachable', 'stream'] as const satisfies CheckName[];

/** One fault is a fault, and so is another device at the camera's address; short of that, one unknown is unknown. */
export function cameraHealth(camera: string, scene: Scene): CameraHealth {
  return scene.remember(`health of ${camera}`, (seen) => findHealth(camera, seen), isSame);
}

/** Most looks find a camera as it was, and what is said of its zone is then as it was. */
function isSame(one: CameraHealth, other: CameraHealth): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function findHealth(camera: string, scene: Scene): CameraHealth {
  const seen = checks.map((check) => scene.believed(camera, check));
  const beliefs = [...strangerAt(camera, scene), ...seen, watching(scene.believed(camera, 'picture'), scene)];
  const fault = beliefs.find((belief) => belief.outcome === 'fault');
  if (fault !== undefined) return { outcome: 'fault', reason: faultWording(fault.fact?.fault).cause };
  const unknown = beliefs.filter((belief) => belief.outcome === 'unknown');
  if (unknown.length === 0) return { outcome: 'ok', since: Math.max(...beliefs.map((belief) => belief.since)) };
  const since = Math.min(...unknown.map((belief) => belief.since));
  return { outcome: 'unknown', reason: faultWording(unknown[0]?.fact?.fault).cause, since };
}
