// Shows the labelled pictures of one scene to the picture checks, as a gateway would that has watched the camera for a while.
import { changeBetween } from '../../gateway/pictures/change.ts';
import { type Judged, judgePicture } from '../../gateway/pictures/judge-picture.ts';
import { seemsFrozen } from '../../gateway/pictures/looks.ts';
import { noMemory, type PictureMemory, type Reference, type References, type Taken } from '../../gateway/pictures/memory.ts';
import { referenceOf } from '../../gateway/pictures/reference.ts';
import { readStill } from '../../gateway/pictures/still.ts';
import { loadScene, type Scene, type SceneName, scenes, secondsApart } from './scenes.ts';

export interface Commissioned {
  kitchen: number;
  references: References;
  memory: PictureMemory;
  /** Whether the canteen is open; it is unless told otherwise. */
  open?: boolean;
  /** How often a picture is taken; as the scenes are drawn unless told otherwise. */
  everySeconds?: number;
}

/** A camera with a reference by day and by night, that has seen people at work and a quiet hour. */
export async function commission(kitchen: number): Promise<Commissioned> {
  const quiet = await takeScene('normal', kitchen);
  const references = { day: asReference(quiet[0]), infrared: asReference((await takeScene('night-infrared', kitchen))[0]) };
  const seen = show([...(await takeScene('people', kitchen)), ...quiet], { kitchen, references, memory: noMemory() });
  return { kitchen, references, memory: seen.at(-1)?.memory ?? noMemory() };
}

/** What each picture of the scene came to, and what was remembered after it. */
export async function watchScene(name: SceneName, camera: Commissioned): Promise<(Judged & { memory: PictureMemory })[]> {
  const scene: Scene = scenes[name];
  // That a camera has a clock is not to be known from another scene.
  const memory = scene.overlay === 'none' ? { ...camera.memory, clock: noMemory().clock } : camera.memory;
  return show(await takeScene(name, camera.kitchen), { open: scene.closed !== true, ...camera, memory });
}

export async function takeScene(name: SceneName, kitchen: number): Promise<Taken[]> {
  return (await loadScene(name, kitchen)).map(({ pixels, codedSha256 }) => {
    const still = readStill(pixels);
    if (still === undefined) throw new Error(`scene ${name} is not of whole pictures`);
    return { still, keyframeSha256: codedSha256 };
  });
}

function asReference(taken: Taken | undefined): Reference {
  const found = taken && referenceOf(taken.still, '2026-11-01T02:00:00.000Z');
  if (found === undefined) throw new Error('the commissioned picture is no reference');
  return found.reference;
}

/** A closer look at a frozen camera sees the same again; at any other what comes next. */
export function show(
  pictures: Taken[],
  { memory: before, references, open = true, everySeconds = secondsApart }: Commissioned,
): (Judged & { memory: PictureMemory })[] {
  let memory = before;
  return pictures.map((taken, index) => {
    const change = memory.last && changeBetween(memory.last.still, taken.still);
    const next = pictures[index + 1] ?? taken;
    const twice = () => ({
      change: changeBetween(taken.still, next.still),
      keyframesSha256: [taken.keyframeSha256, next.keyframeSha256],
    });
    const closer = seemsFrozen(memory, taken, change) ? twice() : undefined;
    const result = judgePicture(memory, { taken, at: 1000 * everySeconds * index, change, closer, references, open });
    memory = result.memory;
    return { ...result.judged, memory };
  });
}
