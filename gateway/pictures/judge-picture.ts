// What one sample of a camera’s picture comes to, aspect by aspect, and what is to be remembered of it; pure.
import type { PictureAspect, PictureAspects, PictureMeasured } from '#contract/picture.ts';
import { learnClock } from './clock-place.ts';
import { isRepeated, looksOf } from './looks.ts';
import { ofEveryAspect, type PictureMemory, type Sample } from './memory.ts';
import { type Readings, readSample } from './readings.ts';
import { type Looks, stand } from './standing.ts';

export type Judged = Pick<PictureMeasured, 'blackPercent' | 'meanLuma'> & { infrared: boolean; open: boolean; aspects: PictureAspects };

const edgesKept = 60;

export function judgePicture(memory: PictureMemory, sample: Sample): { memory: PictureMemory; judged: Judged } {
  const readings = readSample(memory, sample);
  const looks = looksOf(readings, memory, sample);
  const stood = ofEveryAspect((aspect) => stand(memory.standings[aspect], looks[aspect]));
  const { light, infrared } = readings;
  return {
    memory: {
      standings: ofEveryAspect((aspect) => stood[aspect].standing),
      edgePixels: [...memory.edgePixels, ...sharpEdges(readings, looks)].slice(-edgesKept),
      clock: sample.change === undefined ? memory.clock : learnClock(memory.clock, sample.change),
      likenesses: readings.likenesses,
      last: sample.taken,
      // The gateway’s clock may have been set back meanwhile.
      aliveAt: looks.frozen.as === 'right' ? sample.at : Math.min(memory.aliveAt ?? sample.at, sample.at),
    },
    judged: {
      blackPercent: Math.round(light.blackPercent * 10) / 10,
      meanLuma: rounded(light.meanLuma),
      infrared,
      open: sample.open,
      aspects: told(readings, {
        memory,
        sample,
        stood: (aspect) => ({ outcome: stood[aspect].outcome, samples: stood[aspect].standing.samples }),
      }),
    },
  };
}

/** What looks wrong is no measure of what is usual. */
function sharpEdges({ edges, light, hidden }: Readings, { blurred, covered }: Record<PictureAspect, Looks>): number[] {
  const clear = covered.as === 'right' && blurred.as !== 'wrong' && light.blackPercent < 50 && (hidden?.now ?? 0) < 0.2;
  return clear && edges?.width !== undefined ? [edges.width] : [];
}

function told(
  { light, hidden, alike, reference, edges, usualEdges, cast, clock }: Readings,
  about: {
    memory: PictureMemory;
    sample: Sample;
    stood: (aspect: PictureAspect) => Pick<PictureAspects['black'], 'outcome' | 'samples'>;
  },
): PictureAspects {
  const { memory, sample, stood } = about;
  return {
    black: stood('black'),
    covered: { ...stood('covered'), lumaSpread: light.lumaSpread, ...(hidden && { lostPercent: percent(hidden.now) }) },
    frozen: {
      ...stood('frozen'),
      ...(sample.change && { changedPixels: sample.change.pixels }),
      clock: clockState(clock, sample),
      repeated: isRepeated(memory, sample),
    },
    moved: {
      ...stood('moved'),
      ...(alike && { likenessPercent: percent(alike.best) }),
      reference: reference?.kind ?? 'none',
      ...(reference && { referenceSetAt: reference.setAt }),
    },
    blurred: {
      ...stood('blurred'),
      ...(edges?.width === undefined ? {} : { edgePixels: rounded(edges.width) }),
      ...(usualEdges === undefined ? {} : { usualPixels: rounded(usualEdges) }),
    },
    'colour-cast': { ...stood('colour-cast'), ...(cast && { cast: rounded(cast.distance) }) },
  };
}

function clockState(known: readonly number[], { change, closer }: Sample): PictureAspects['frozen']['clock'] {
  if (known.length === 0 || change === undefined) return 'none';
  const changed = new Set([...change.blocks, ...(closer?.change.blocks ?? [])]);
  return known.some((block) => changed.has(block)) ? 'runs' : 'stands';
}

const percent = (share: number) => Math.min(100, Math.max(0, Math.round(share * 100)));
const rounded = (value: number) => Math.round(value * 100) / 100;
