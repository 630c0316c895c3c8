// Whether the registered device answers at all. Where it does not, its own gap explains everything else about it.
import type { Scene } from './rule.ts';

/** True only where the device is shown to answer, and is not known to be another one than was registered. */
export function deviceAnswers(device: string, scene: Scene): boolean {
  return scene.believed(device, 'reachable').outcome === 'ok' && scene.believed(device, 'identity').outcome !== 'fault';
}
