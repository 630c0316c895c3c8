// The picture checks over a few of the labelled scenes; all of them, with their rates, are in `npm run bench -- pictures`.
import { beforeAll, describe, expect, test } from 'vitest';
import { type PictureAspect, pictureAspects } from '#contract/picture.ts';
import { judge } from '../../../gateway/checks/index.ts';
import type { Judged } from '../../../gateway/pictures/judge-picture.ts';
import { noMemory } from '../../../gateway/pictures/memory.ts';
import { stillWidth } from '../../../gateway/pictures/still.ts';
import type { SceneName } from '../../simulators/scenes.ts';
import { type Commissioned, commission, show, watchScene } from '../../simulators/watch-scene.ts';
import { drawn, tiles } from './drawn-stills.ts';

let camera: Commissioned;
beforeAll(async () => {
  camera = await commission(1);
}, 180_000);

const outcomes = (judged: Judged[], aspect: PictureAspect) => judged.map(({ aspects }) => aspects[aspect].outcome);
/** What is told to the server of the last of them. */
function told(judged: Judged[]): string {
  const last = judged.at(-1);
  if (last === undefined) throw new Error('no picture was judged');
  const { aspects, blackPercent, meanLuma, infrared, open } = last;
  const value = { aspects, blackPercent, meanLuma, infrared, open, width: 1920, height: 1080 };
  const [fact] = judge({ kind: 'picture', device: 'kitchen-1', at: '2026-11-23T12:00:00Z', picture: { ok: true, value } }, 200_000);
  return `${fact?.outcome} ${fact?.fault ?? ''}`.trim();
}
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

  test('is not called black all night where the lights go out some minutes before closing', async () => {
    const dark = await watchScene('lights-out', camera);
    expect(told(dark)).toBe('fault black');
    const { memory } = dark.at(-1) ?? camera;
    const closed = await watchScene('lights-out', { ...camera, memory, open: false });
    expect(closed.map((each) => told([each]))).toEqual(closed.map(() => 'unknown closed'));
    const opened = await watchScene('lights-out', { ...camera, memory: closed.at(-1)?.memory ?? memory });
    expect(opened.slice(0, 3).map((each) => told([each]))).toEqual(['unknown black', 'unknown black', 'fault black']);
  });
});

describe('a closed canteen with little light left', () => {
  test('is said to be closed, and nothing else', async () => {
    const judged = await watchScene('dim-while-closed', camera);
    expect(judged.map((each) => told([each]))).toEqual(judged.map(() => 'unknown closed'));
    expect(outcomes(judged, 'moved')).toEqual(judged.map(() => 'unknown'));
  });

  test('is unknown where it should be open, and no camera that was turned away', async () => {
    const judged = await watchScene('dim-while-closed', { ...camera, open: true });
    expect(judged.map((each) => told([each]))).toEqual(judged.map(() => 'unknown covered'));
  });
});

describe('a camera with a reference by day only', () => {
  const dayOnly = () => {
    const { day } = camera.references;
    return { ...camera, references: day === undefined ? {} : { day } };
  };

  test('is held to it by infrared too', async () => {
    const judged = await watchScene('night-infrared', dayOnly());
    expect(told(judged)).toBe('ok');
    expect(judged.at(-1)?.aspects.moved).toMatchObject({ outcome: 'ok', reference: 'day' });
  });

  test.each<SceneName>(['turned-to-a-wall', 'panned-at-night'])(
    'is never right again once it shows something else, without colour: %s',
    async (scene) => {
      const judged = await watchScene(scene, dayOnly());
      expect(judged.map((each) => told([each]))).toEqual(judged.map(() => 'unknown covered'));
    },
  );
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

describe('a clock that shows no seconds, looked at every ten of them', () => {
  const quiet = { kitchen: 1, references: {}, memory: { ...noMemory(), clock: { pairs: 60, changes: { 0: 60 } } }, everySeconds: 10 };
  const clockShowing = (minute: number) => drawn((x, y) => (x < 16 && y < 16 ? 50 * (minute % 4) : tiles.luma[y * stillWidth + x]) ?? 0);
  const minutes = [0, 1, 2, 3].map(clockShowing);
  const looks = (minuteOf: (index: number) => number) =>
    Array.from({ length: 18 }, (_, index) => ({ still: minutes[minuteOf(index)] ?? tiles, keyframeSha256: String(index) }));

  test('is not called standing before its minute is over', () => {
    const judged = show(
      looks((index) => Math.floor((index + 3) / 6)),
      quiet,
    );
    expect(judged.at(-1)?.aspects.frozen.samples).toBe(0);
    expect(judged.flatMap(faults)).toEqual([]);
  });

  test('is called standing by the third look after that', () => {
    const judged = show(
      looks(() => 0),
      quiet,
    );
    expect(outcomes(judged, 'frozen').indexOf('fault')).toBe(8);
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
