// What each aspect of a camera’s picture asks of it, and how it stands now.
import type { FactOf } from '#contract/facts.ts';
import { type PictureAspect, stillWatches } from '#contract/picture.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { Belief } from './believed.ts';

/**
 * `fault` only where this very aspect is at fault. An aspect that was not judged leaves the others alone, and is nothing to hold against a camera:
 * none can be called moved before somebody has set down where it belongs.
 */
export function aspectOutcome(picture: Belief<'picture'>, aspect: PictureAspect): Outcome {
  if (picture.outcome === 'unknown') return 'unknown';
  return isAtFault(picture.fact, aspect) ? 'fault' : 'ok';
}

/**
 * Since when the picture has been unknown, milliseconds since 1970. In a closed canteen darkness is what one expects: it never lasts too long,
 * for as long as the gateway may be believed that it is closed.
 */
export function unseenSince(picture: Belief<'picture'>, scene: { readonly now: number }): number {
  const isDarkWhileClosed = picture.outcome === 'unknown' && picture.fact?.fault === 'closed';
  return isDarkWhileClosed ? (picture.lapsedAt ?? scene.now) : picture.since;
}

/** Whether the kitchen can be watched by this picture. One that is merely tinted has to show that there is something to be seen in it. */
export function watching(picture: Belief<'picture'>, scene: { readonly now: number }): Belief<'picture'> {
  if (picture.outcome === 'unknown') return { ...picture, since: unseenSince(picture, scene) };
  const { fault, measured } = picture.fact;
  if (fault === undefined || !stillWatches.has(fault)) return picture;
  const showsSomething = measured?.aspects?.black.outcome === 'ok' && measured.aspects.covered.outcome === 'ok';
  return { ...picture, outcome: showsSomething ? 'ok' : 'unknown' };
}

function isAtFault({ outcome, fault, measured }: FactOf<'picture'>, aspect: PictureAspect): boolean {
  return outcome === 'fault' && (fault === aspect || measured?.aspects?.[aspect].outcome === 'fault');
}
