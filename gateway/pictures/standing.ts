// How one aspect of a picture stands, sample after sample: three that look wrong in a row are a fault, one that looks right ends it; pure.
import type { AspectOutcome } from '#contract/picture.ts';

/** `wrong`, but not `sure`: it counts, and is no fault yet however often. `dark-while-closed`: as it should be, and nothing is seen. */
export type Looks = { as: 'right' } | { as: 'wrong'; sure: boolean } | { as: 'not-judged' } | { as: 'dark-while-closed' };

export interface Standing {
  /** What it last came to, since somebody first could tell. */
  settled: 'ok' | 'fault' | 'never';
  /** How many samples in a row looked wrong. */
  samples: number;
}

export const unsettled: Standing = { settled: 'never', samples: 0 };
const samplesForFault = 3;

export function stand({ settled, samples }: Standing, looks: Looks): { standing: Standing; outcome: AspectOutcome } {
  // Lights that went out some minutes before closing made a fault of the same darkness; if it was another, lit pictures will tell.
  if (looks.as === 'dark-while-closed') return { standing: unsettled, outcome: 'unknown' };
  // Not judged is no repair: a fault stays until the picture is seen to be right.
  if (looks.as === 'not-judged')
    return { standing: { settled, samples: settled === 'fault' ? samples : 0 }, outcome: settled === 'fault' ? 'fault' : 'unknown' };
  if (looks.as === 'right') return { standing: { settled: 'ok', samples: 0 }, outcome: 'ok' };
  const wrong = samples + 1;
  if (settled === 'fault' || (wrong >= samplesForFault && looks.sure))
    return { standing: { settled: 'fault', samples: wrong }, outcome: 'fault' };
  return { standing: { settled, samples: wrong }, outcome: settled === 'ok' ? 'suspect' : 'unknown' };
}
