// Whether each aspect of a sample looks right or wrong, or cannot be judged; pure.
import type { PictureAspect } from '#contract/picture.ts';
import { type Change, isAlive } from './change.ts';
import { clockBlocks } from './clock-place.ts';
import type { PictureMemory, Sample, Taken } from './memory.ts';
import { dimBelow, type Readings } from './readings.ts';
import type { Looks } from './standing.ts';

/** From this share of dark pixels on a lens is covered or the sensor dead; a dark kitchen with one lamp lit stays below. */
const blackFromPercent = 98;
/** From the darkest tenth of the pixels to the brightest: less is a hand, a cloth, fog. */
const flatBelow = 12;
/** By then every clock shows another time, also one without seconds. */
const clockTurnsMs = 60_000;
const hiddenFrom = 0.4;
const movedBelow = 0.45;
const blurredFromRatio = 1.4;
/** In the plane of blue and red. */
const castFrom = { reference: 24, grey: 34 };

export function looksOf(readings: Readings, memory: PictureMemory, sample: Sample): Record<PictureAspect, Looks> {
  const { light, hidden } = readings;
  const dim = light.meanLuma < dimBelow;
  // A closed canteen may be dark; that its cameras see nothing then is known, and no fault.
  const unlit = dim && !sample.open;
  if (light.blackPercent >= blackFromPercent) return unlit ? { ...nothing, black: dark, covered: dark } : { ...nothing, black: wrong };
  const visible = { ...nothing, black: right, frozen: frozen(memory, sample) };
  if (light.lumaSpread < flatBelow) return { ...visible, covered: unlit ? dark : wrong };
  const isHidden = (hidden?.now ?? 0) >= hiddenFrom;
  if ((dim || isOfOtherLight(readings)) && (isHidden || moved(readings).as === 'wrong')) {
    // By other light than the reference’s it may be the light alone that differs: no fault, and nothing to call right.
    if (sample.open) return { ...visible, covered: unsure, moved: unsure };
    return { ...visible, covered: unlit ? dark : notJudged };
  }
  // A camera that was turned away sees little of the reference too; what it still sees is elsewhere.
  const partly = hidden !== undefined && hidden.always >= hiddenFrom && hidden.rest >= movedBelow;
  if (partly) return { ...visible, covered: wrong };
  // Somebody stands before the lens, or it was turned to where there is less to see.
  if (isHidden) return { ...visible, covered: unsure, moved: moved(readings) };
  return {
    black: right,
    covered: right,
    frozen: frozen(memory, sample),
    moved: moved(readings),
    blurred: blurred(readings),
    'colour-cast': colourCast(readings),
  };
}

/** Whether only a closer look can tell that the picture is frozen: nothing changed since the sample before, be there people, a clock or noise. */
export function seemsFrozen({ standings, clock, last }: PictureMemory, taken: Taken, change: Change | undefined): boolean {
  if (change === undefined || isAlive(change)) return false;
  return standings.frozen.settled === 'fault' || clockBlocks(clock).length > 0 || last?.keyframeSha256 === taken.keyframeSha256;
}

/**
 * Whether the camera sent the very same coded picture again and again. No living sensor does; and an encoder that lives numbers its keyframes,
 * so that two in a row differ even where the scene is a drawing.
 */
export function isRepeated({ last }: PictureMemory, { taken, closer }: Sample): boolean {
  return (
    closer !== undefined &&
    closer.keyframesSha256.length > 1 &&
    [last?.keyframeSha256, ...closer.keyframesSha256].every((each) => each === taken.keyframeSha256)
  );
}

const right: Looks = { as: 'right' };
const wrong: Looks = { as: 'wrong', sure: true };
const unsure: Looks = { as: 'wrong', sure: false };
const notJudged: Looks = { as: 'not-judged' };
const dark: Looks = { as: 'dark-while-closed' };
const nothing = { black: notJudged, covered: notJudged, frozen: notJudged, moved: notJudged, blurred: notJudged, 'colour-cast': notJudged };

/** A still kitchen without a clock in the picture is no ground for suspicion. */
function frozen(memory: PictureMemory, sample: Sample): Looks {
  const { change, closer } = sample;
  if (change === undefined) return notJudged;
  if (isAlive(change) || (closer !== undefined && isAlive(closer.change))) return right;
  if (closer === undefined) return notJudged;
  if (isRepeated(memory, sample)) return wrong;
  const unchangedMs = sample.at - (memory.aliveAt ?? sample.at);
  return clockBlocks(memory.clock).length > 0 && unchangedMs >= clockTurnsMs ? wrong : notJudged;
}

function isOfOtherLight({ reference, infrared }: Readings): boolean {
  return reference !== undefined && (reference.kind === 'infrared') !== infrared;
}

function moved({ alike }: Readings): Looks {
  if (alike === undefined) return notJudged;
  return alike.now < movedBelow ? { as: 'wrong', sure: alike.best < movedBelow } : right;
}

function blurred({ edges, usualEdges }: Readings): Looks {
  if (edges === undefined || usualEdges === undefined) return notJudged;
  return edges.width === undefined || edges.width >= blurredFromRatio * usualEdges ? wrong : right;
}

function colourCast({ cast }: Readings): Looks {
  if (cast === undefined) return notJudged;
  return cast.distance >= castFrom[cast.from] ? wrong : right;
}
