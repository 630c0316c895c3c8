// Is a new fact worth sending before the old one runs out?
import { isDeepStrictEqual } from 'node:util';
import type { StreamMeasured } from '#contract/camera-measured.ts';
import type { Fact } from '#contract/facts.ts';
import { type PictureMeasured, pictureAspects } from '#contract/picture.ts';

/** True where outcome, fault, or something measured differs by more than the noise of measuring. Both facts are of one check of one device. */
export function changed(before: Fact, after: Fact): boolean {
  return before.outcome !== after.outcome || before.fault !== after.fault || moved(before, after);
}

function moved(before: Fact, after: Fact): boolean {
  if (before.measured === undefined || after.measured === undefined) return before.measured !== after.measured;
  if (before.check === 'reachable' && after.check === 'reachable') return before.measured?.address !== after.measured?.address;
  if (before.check === 'clock' && after.check === 'clock') return apart(before.measured?.offsetSeconds, after.measured?.offsetSeconds, 1);
  if (before.check === 'picture' && after.check === 'picture') return otherPicture(before.measured, after.measured);
  if (before.check === 'stream' && after.check === 'stream') return otherFormat(before.measured, after.measured);
  return !isDeepStrictEqual(before.measured, after.measured);
}

function apart(before = 0, after = 0, atLeast: number): boolean {
  return Math.abs(before - after) >= atLeast;
}

/** Frame and bit rate differ a little in every sample; only the frame rate matters to anyone, and only by whole frames. */
function otherFormat(before: StreamMeasured | undefined, after: StreamMeasured | undefined): boolean {
  const same = before?.codec === after?.codec && before?.width === after?.width && before?.height === after?.height;
  return !same || apart(before?.framesPerSecond, after?.framesPerSecond, 2) || otherTime(before?.overlayClock, after?.overlayClock);
}

/** By more than either reading may be off. */
function otherTime(before: StreamMeasured['overlayClock'], after: StreamMeasured['overlayClock']): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return apart(before.offsetSeconds, after.offsetSeconds, before.uncertaintySeconds + after.uncertaintySeconds);
}

/** How an aspect stands, a newly kept picture, and how much of it is black by more than a tenth. */
function otherPicture(before: PictureMeasured | undefined, after: PictureMeasured | undefined): boolean {
  const outcomes = (measured: PictureMeasured | undefined) => pictureAspects.map((aspect) => measured?.aspects?.[aspect].outcome);
  const same = before?.jpeg === after?.jpeg && isDeepStrictEqual(outcomes(before), outcomes(after));
  return !same || apart(before?.blackPercent, after?.blackPercent, 10);
}
