// Does the picture show the kitchen, as it was commissioned to?
import type { FactOf } from '#contract/facts.ts';
import { type PictureAspect, type PictureMeasured, pictureAspects, stillWatches } from '#contract/picture.ts';
import type { PictureObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** A fault is told by the gravest aspect at fault; the others stand in what was measured. What a kitchen can be watched with hides no doubt. */
export function picture(observation: PictureObservation, validForMs: number): FactOf<'picture'> {
  const base = { ...about(observation, validForMs), check: 'picture' as const };
  const seen = observation.picture;
  if (!seen.ok) return { ...base, ...notSeen(seen, []) };
  const measured = seen.value;
  const atFault = pictureAspects.filter((aspect) => outcomeOf(measured, aspect) === 'fault');
  const toldAtFault = (fault: PictureAspect) => {
    const detail = `in ${samplesOf(measured, fault)} samples in a row`;
    return { ...base, outcome: 'fault' as const, fault, detail, measured };
  };
  const grave = atFault.find((aspect) => !stillWatches.has(aspect));
  if (grave !== undefined) return toldAtFault(grave);
  if (isDarkWhileClosed(measured))
    return { ...base, outcome: 'unknown', fault: 'closed', detail: 'it is dark, outside the opening hours', measured };
  const doubt = pictureAspects.find((aspect) => isDoubtful(measured, aspect));
  if (doubt !== undefined) {
    const detail = `in ${samplesOf(measured, doubt)} samples so far, which may yet pass`;
    return { ...base, outcome: 'unknown', fault: doubt, detail, measured };
  }
  const [light] = atFault;
  return light === undefined ? { ...base, outcome: 'ok', measured } : toldAtFault(light);
}

/** As long as such a picture lasts it shows nothing, be it only somebody’s back. */
const showsNothing: ReadonlySet<PictureAspect> = new Set(['black', 'covered']);

/** What was never seen to be right since the gateway can tell, and looks wrong now, is not called right for being new. */
function isDoubtful(measured: PictureMeasured, aspect: PictureAspect): boolean {
  const outcome = outcomeOf(measured, aspect);
  return (outcome === 'suspect' && showsNothing.has(aspect)) || (outcome === 'unknown' && samplesOf(measured, aspect) > 0);
}

function isDarkWhileClosed(measured: PictureMeasured): boolean {
  return (
    measured.open === false &&
    [...showsNothing].some((aspect) => outcomeOf(measured, aspect) === 'unknown' && samplesOf(measured, aspect) === 0)
  );
}

const outcomeOf = ({ aspects }: PictureMeasured, aspect: PictureAspect) => aspects?.[aspect].outcome;
const samplesOf = ({ aspects }: PictureMeasured, aspect: PictureAspect) => aspects?.[aspect].samples ?? 0;
