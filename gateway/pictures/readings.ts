// Everything that is measured of one sample, alone and against what is remembered; pure.

import { clockBlocks } from './clock-place.ts';
import { edgeWidth } from './edge-width.ts';
import { isColourless, type Light, readLight } from './light.ts';
import { likenessOf, outlineOf } from './likeness.ts';
import type { PictureMemory, Reference, ReferenceKind, References, Sample } from './memory.ts';

export interface Readings {
  light: Light;
  /** Taken by infrared, or in black and white. */
  infrared: boolean;
  /** The one taken by the same kind of light, or else the one there is. */
  reference: { kind: ReferenceKind; setAt: string } | undefined;
  likenesses: PictureMemory['likenesses'];
  /** From 0 to 1, how much of the reference is where it was: in this sample, and at each place in the best of the newest. */
  alike: { now: number; best: number } | undefined;
  /** From 0 to 1, how much of the reference cannot be seen: in this sample, and in none of the newest; and how much of the rest is where it was. */
  hidden: { now: number; always: number; rest: number } | undefined;
  /** Pixels; absent where it is too dark or colourless to compare with. */
  edges: { width: number | undefined } | undefined;
  usualEdges: number | undefined;
  /** Distance from the reference’s colour, or from grey where there is none. */
  cast: { distance: number; from: 'reference' | 'grey' } | undefined;
  /** The blocks of the overlay clock. */
  clock: number[];
}

interface Held {
  kind: ReferenceKind;
  reference: Reference;
}

/** Darker pictures say nothing of sharpness. */
export const dimBelow = 50;
const likenessesKept = 3;
const edgesForMedian = 10;

export function readSample(memory: PictureMemory, { taken, references }: Sample): Readings {
  const light = readLight(taken.still);
  const infrared = isColourless(light);
  const held = referenceFor(infrared ? ['infrared', 'day'] : ['day', 'infrared'], references);
  const likenesses = held === undefined ? [] : compared(memory, taken, held);
  const newest = likenesses.at(-1)?.likeness;
  const best = placeByPlace(
    likenesses.map(({ likeness }) => likeness.blocks),
    Math.max,
  );
  const always = placeByPlace(
    likenesses.map(({ likeness }) => likeness.empty.map(Number)),
    Math.min,
  );
  return {
    light,
    infrared,
    reference: held && { kind: held.kind, setAt: held.reference.setAt },
    likenesses,
    alike: newest && { now: mean(newest.blocks), best: mean(best) },
    hidden: newest && {
      now: mean(newest.empty.map(Number)),
      always: mean(always),
      rest: mean(best.filter((_, place) => always[place] === 0)),
    },
    edges: infrared || light.meanLuma < dimBelow ? undefined : { width: edgeWidth(taken.still) },
    usualEdges: usualEdges(memory.edgePixels, references.day),
    cast: infrared ? undefined : castOf(light, references.day),
    clock: clockBlocks(memory.clock),
  };
}

function referenceFor(kinds: ReferenceKind[], references: References): Held | undefined {
  for (const kind of kinds) {
    const reference = references[kind];
    if (reference !== undefined) return { kind, reference };
  }
  return undefined;
}

/** The newest comparisons with this very reference. */
function compared({ likenesses }: PictureMemory, { still }: Sample['taken'], { kind, reference }: Held) {
  const name = `${kind} ${reference.setAt}`;
  const likeness = likenessOf(outlineOf(still), reference.outline);
  if (likeness === undefined) return [];
  return [...likenesses.filter((each) => each.reference === name), { reference: name, likeness }].slice(-likenessesKept);
}

/** People hide now this part of a kitchen and now that: each place is taken as it was in the best, or worst, of the samples. */
function placeByPlace(samples: number[][], choose: (a: number, b: number) => number): number[] {
  return samples.reduce<number[]>((chosen, sample) => sample.map((value, place) => choose(value, chosen[place] ?? value)), []);
}

/** A camera that was out of focus from the start would be its own measure: where there is a reference, it is held to that. */
function usualEdges(edgePixels: readonly number[], day: Reference | undefined): number | undefined {
  const median = edgePixels.length < edgesForMedian ? undefined : edgePixels.toSorted((a, b) => a - b)[edgePixels.length >> 1];
  const known = [median, day?.edgePixels].filter((width) => width !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function castOf({ blue, red }: Light, day: Reference | undefined): NonNullable<Readings['cast']> {
  const from = day === undefined ? 'grey' : 'reference';
  return { distance: Math.hypot(blue - (day?.blue ?? 128), red - (day?.red ?? 128)), from };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
