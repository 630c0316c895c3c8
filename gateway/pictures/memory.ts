// What is remembered of one camera’s picture from sample to sample, and what a sample is judged with; types, and how memory begins.
import type { PictureAspect } from '#contract/picture.ts';
import type { Change } from './change.ts';
import { type ClockMemory, noClock } from './clock-place.ts';
import type { Likeness, Outline } from './likeness.ts';
import { type Standing, unsettled } from './standing.ts';
import type { Still } from './still.ts';

/** One picture as it was taken. */
export interface Taken {
  still: Still;
  /** Of the picture as the camera coded it. */
  keyframeSha256: string;
}

/** How a camera saw its place when somebody last put his name to it. */
export interface Reference {
  setAt: string;
  outline: Outline;
  blue: number;
  red: number;
  /** Absent where it has too few edges to be a measure of sharpness. */
  edgePixels?: number | undefined;
}

/** By day, and by infrared: the same place looks quite different. */
export type ReferenceKind = 'day' | 'infrared';
export type References = Partial<Record<ReferenceKind, Reference>>;

export interface PictureMemory {
  standings: Record<PictureAspect, Standing>;
  /** How many pixels edges were wide by day, the newest last. */
  edgePixels: number[];
  clock: ClockMemory;
  /** Of the newest samples against one and the same reference, the newest last. */
  likenesses: { reference: string; likeness: Likeness }[];
  /** The newest sample; of its picture only the brightness, since there are many cameras. */
  last: { still: Pick<Still, 'luma'>; keyframeSha256: string } | undefined;
  /** When something last changed in the picture, or watching began; milliseconds since 1970. */
  aliveAt: number | undefined;
}

/** What has to outlive the gateway, so that no fault heals by a restart, and no clock has to be learnt anew. */
export type LastingMemory = Pick<PictureMemory, 'standings' | 'edgePixels' | 'clock'>;

/** Two pictures about a second apart, taken where only that can tell whether a camera is frozen. */
export interface Closer {
  change: Change;
  /** Of two keyframes in a row, as the camera coded them. */
  keyframesSha256: string[];
}

export interface Sample {
  taken: Taken;
  /** When; milliseconds since 1970. */
  at: number;
  /** Against the sample before, where there is one. */
  change: Change | undefined;
  closer: Closer | undefined;
  references: References;
  /** Whether the canteen is open. */
  open: boolean;
}

export function noMemory(): PictureMemory {
  return { standings: ofEveryAspect(() => unsettled), edgePixels: [], clock: noClock, likenesses: [], last: undefined, aliveAt: undefined };
}

export function ofEveryAspect<Value>(make: (aspect: PictureAspect) => Value): Record<PictureAspect, Value> {
  return {
    black: make('black'),
    covered: make('covered'),
    frozen: make('frozen'),
    moved: make('moved'),
    blurred: make('blurred'),
    'colour-cast': make('colour-cast'),
  };
}
