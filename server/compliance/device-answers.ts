// Whether the registered device answers at all. Where it does not, its own gap explains everything else about it.
import type { Belief } from './believed.ts';
import type { Scene } from './rule.ts';

/** True only where the device is shown to answer, and was not last seen to be another one than was registered. */
export function deviceAnswers(device: string, scene: Scene): boolean {
  return scene.believed(device, 'reachable').outcome === 'ok' && strangerAt(device, scene).length === 0;
}

/** What shows that another device answers at this address, if anything does. It grows old, but being old does not show the right device. */
export function strangerAt(device: string, scene: Scene): Belief<'identity'>[] {
  const identity = scene.believed(device, 'identity');
  return identity.fact?.outcome === 'fault' ? [identity] : [];
}
