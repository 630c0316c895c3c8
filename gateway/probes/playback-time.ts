// Of when a played picture is: as the recorder says, or as the clock written into the picture shows; pure.
import { DeviceError } from '../onvif/device-error.ts';
import { compare } from '../overlay-clock/overlay-clock.ts';
import type { ShownTime } from '../overlay-clock/read-clock.ts';
import type { RecorderClock } from '../recorders/footage-source.ts';
import type { Played } from './playback-proof.ts';

/**
 * `played`: by our clock, milliseconds since 1970. A clock in the picture shows no day that could be read: it is taken to be the nearest.
 * Throws DeviceError `undated` where neither tells.
 */
export function momentOf(
  { recordedAt, shown }: { recordedAt: number | undefined; shown: ShownTime | undefined },
  { asked, clock, timeZone }: { asked: number; clock: RecorderClock; timeZone: string },
): { played: number; datedBy: Played['datedBy'] } {
  if (recordedAt !== undefined) return { played: clock.ours(recordedAt), datedBy: 'recorder' };
  if (shown === undefined)
    throw new DeviceError('undated', 'a picture came, and neither the recorder nor a clock in the picture says of when it is');
  // Cameras keep the time themselves, or take over that of the recorder, right or wrong.
  const offsets = [asked, clock.theirs(asked)].map((at) => compare(shown, { from: at, to: at }, timeZone).offsetSeconds);
  const offset = offsets.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least));
  return { played: asked + offset * 1000, datedBy: 'picture' };
}
