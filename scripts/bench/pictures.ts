// How often the picture checks raise a false alarm, and how often they miss a fault, over the labelled scenes.
import { type PictureAspect, pictureAspects } from '#contract/picture.ts';
import type { Judged } from '../../gateway/pictures/judge-picture.ts';
import { kitchens, type Scene, sceneNames, scenes } from '../../test/simulators/scenes.ts';
import { commission, show, takeScene, watchScene } from '../../test/simulators/watch-scene.ts';
import type { Figure } from './figure.ts';
import { overlayClocks } from './overlay-clocks.ts';

interface Watched {
  /** What the scene is labelled with. */
  fault: PictureAspect | undefined;
  /** What was at fault: in its last picture, or, where nothing should be, in any. */
  told: PictureAspect[];
}

/** Every scene in every kitchen, watched by a camera that was commissioned with a day and an infrared reference and has seen people at work. */
export async function pictures(say: (line: string) => void): Promise<Figure[]> {
  const watched: Watched[] = [];
  for (const kitchen of kitchens) {
    const camera = await commission(kitchen);
    for (const name of sceneNames) {
      const { fault }: Scene = scenes[name];
      const seen = await watchScene(name, camera);
      const told = pictureAspects.filter((aspect) => (fault === undefined ? seen : seen.slice(-1)).some(isAtFault(aspect)));
      watched.push({ fault, told });
      say(`kitchen ${kitchen}, ${name}: ${told.join(', ') || 'nothing'}${fault === undefined ? '' : ` (it is ${fault})`}`);
    }
  }
  const benign = watched.filter(({ fault }) => fault === undefined);
  const flagrant = watched.filter(({ fault }) => fault !== undefined);
  const missed = pictureAspects.map((aspect) =>
    rate(
      `missed: ${aspect}`,
      flagrant.filter(({ fault }) => fault === aspect),
      ({ told }) => !told.includes(aspect),
    ),
  );
  return [
    rate('false alarms on benign scenes', benign, ({ told }) => told.length > 0),
    ...missed,
    rate('faults told as another one, too', flagrant, ({ fault, told }) => told.some((each) => each !== fault)),
    ...(await overlayClocks(say)),
    { metric: 'judging one picture, CPU', value: await judgingMs(), unit: 'ms', goal: '<=25' },
  ];
}

const isAtFault = (aspect: PictureAspect) => (judged: Judged) => judged.aspects[aspect].outcome === 'fault';

/** Without taking it, in a process that is warm. */
async function judgingMs(): Promise<number> {
  const camera = await commission(1);
  const taken = await takeScene('people', 1);
  const began = process.cpuUsage();
  show(taken, camera);
  const { user, system } = process.cpuUsage(began);
  return Math.round((user + system) / 100 / taken.length) / 10;
}

function rate(metric: string, all: Watched[], isWrong: (watched: Watched) => boolean): Figure {
  const value = Math.round((100 * all.filter(isWrong).length) / all.length);
  return { metric: `${metric} (of ${all.length})`, value, unit: '%', goal: '<=0' };
}
