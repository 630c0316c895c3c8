// What each aspect of a camera’s picture asks of it, and how it stands now.
import type { FactOf } from '#contract/facts.ts';
import type { PictureAspect } from '#contract/picture.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { Belief } from './believed.ts';

/** Without true colours a kitchen is still watched; with any other fault it is not. */
const harmless: ReadonlySet<PictureAspect> = new Set(['colour-cast']);

/**
 * `fault` only where this very aspect is at fault. An aspect that was not judged leaves the others alone, and is nothing to hold against a camera:
 * none can be called moved before somebody has set down where it belongs.
 */
export function aspectOutcome(picture: Belief<'picture'>, aspect: PictureAspect): Outcome {
  if (picture.outcome === 'unknown') return 'unknown';
  return isAtFault(picture.fact, aspect) ? 'fault' : 'ok';
}

/** Since when the picture has been unknown. In a closed canteen darkness is what one expects: it never lasts too long. Milliseconds since 1970. */
export function unseenSince(picture: Belief<'picture'>, { now }: { now: number }): number {
  return isDarkWhileClosed(picture) ? now : picture.since;
}

/** Whether the kitchen can be watched by this picture. */
export function watching(picture: Belief<'picture'>, scene: { now: number }): Belief<'picture'> {
  if (picture.outcome === 'unknown') return { ...picture, since: unseenSince(picture, scene) };
  const isHarmless = [...harmless].some((aspect) => aspect === picture.fact.fault);
  return isHarmless ? { ...picture, outcome: 'ok' } : picture;
}

function isDarkWhileClosed({ outcome, fact }: Belief<'picture'>): boolean {
  return outcome === 'unknown' && fact?.fault === 'closed';
}

function isAtFault({ outcome, fault, measured }: FactOf<'picture'>, aspect: PictureAspect): boolean {
  return outcome === 'fault' && (fault === aspect || measured?.aspects?.[aspect].outcome === 'fault');
}
