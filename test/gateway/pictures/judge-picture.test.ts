// The picture checks over a few of the labelled scenes; all of them, with their rates, are in `npm run bench -- pictures`.
import { beforeAll, describe, expect, test } from 'vitest';
import { type PictureAspect, pictureAspects } from '#contract/picture.ts';
import type { Judged } from '../../../gateway/pictures/judge-picture.ts';
import { noMemory } from '../../../gateway/pictures/memory.ts';
import type { SceneName } from '../../simulators/scenes.ts';
import { type Commissioned, commission, watchScene } from '../../simulators/watch-scene.ts';

let camera: Commissioned;
beforeAll(async () => {
  camera = await commission(1);
}, 180_000);

const outcomes = (judged: Judged[], aspect: PictureAspect) => judged.map(({ aspects }) => aspects[aspect].outcome);
const faults = (judged: Judged | undefined) => pictureAspects.filter((aspect) => judged?.aspects[aspect].outcome === 'fault');

describe('a camera that was commissioned', () => {
  test.each<SceneName>(['crowd', 'night-infrared', 'static-with-clock', 'nudged-1-percent'])('raises no alarm over %s', async (scene) => {
    const judged = await watchScene(scene, camera);
    expect(judged.flatMap(faults)).toEqual([]);
  });

  test.each<[SceneName, PictureAspect]>([
    ['lights-out', 'black'],
    ['covered-dark', 'covered'],
    ['half-covered', 'covered'],
    ['frozen', 'frozen'],
    ['frozen-without-clock', 'frozen'],
    ['panned-5-percent', 'moved'],
    ['panned-at-night', 'moved'],
    ['blurred', 'blurred'],
    ['pink-cast', 'colour-cast'],
  ])('is told wrong in the third picture of %s, as %s and nothing else', async (scene, aspect) => {
    const judged = await watchScene(scene, camera);
    expect(faults(judged.at(-1))).toEqual([aspect]);
    expect(outcomes(judged, aspect).slice(0, 2)).not.toContain('fault');
    expect(outcomes(judged, aspect)[3]).toBe('fault');
  });

  test('sees that the clock runs, and that it stands', async () => {
    expect((await watchScene('static-with-clock', camera)).at(-1)?.aspects.frozen.clock).toBe('runs');
    expect((await watchScene('frozen', camera)).at(-1)?.aspects.frozen.clock).toBe('stands');
  });

  test('does not take darkness for a fault while the canteen is closed, nor for anything else', async () => {
    const judged = await watchScene('lights-out', { ...camera, open: false });
    expect(outcomes(judged, 'black')).toEqual(judged.map(() => 'unknown'));
    expect(judged.flatMap(faults)).toEqual([]);
  });
});

describe('a camera without a reference', () => {
  const bare = () => ({ ...camera, references: {}, memory: noMemory() });

  test('is never said to have moved, and says that nothing was there to compare with', async () => {
    const judged = await watchScene('panned-10-percent', bare());
    expect(outcomes(judged, 'moved')).toEqual(judged.map(() => 'unknown'));
    expect(judged.at(-1)?.aspects.moved).toMatchObject({ reference: 'none', samples: 0 });
  });

  test.each<SceneName>(['static-without-clock', 'noise-without-clock'])('is not called frozen for %s', async (scene) => {
    const judged = await watchScene(scene, bare());
    expect(new Set(outcomes(judged, 'frozen'))).toEqual(new Set(['unknown']));
  });
});

describe('a fault', () => {
  test('outlasts what cannot be judged, and ends with the first picture that is right', async () => {
    const moved = await watchScene('panned-5-percent', camera);
    const { memory } = moved.at(-1) ?? camera;
    const dark = await watchScene('lights-out', { ...camera, memory });
    expect(outcomes(dark, 'moved')).toEqual(dark.map(() => 'fault'));
    const back = await watchScene('normal', { ...camera, memory });
    expect(outcomes(back, 'moved')[0]).toBe('ok');
  });

  test('found right after a start, before anything was seen right, is not called suspect but unknown', async () => {
    const judged = await watchScene('covered-bright', { ...camera, memory: noMemory() });
    expect(outcomes(judged, 'covered').slice(0, 3)).toEqual(['unknown', 'unknown', 'fault']);
  });
});
