// A live camera's picture: the clip of the moment, looped.
import type { Clip } from '../media.ts';
import type { Reel } from './reel.ts';
import { packetTemplate } from './rtp.ts';
import type { RtspSource } from './source.ts';

/**
 * `startMs` of any clock: sessions opened at different times begin in different places of the loop, as they would on a camera.
 * The reel ends when the source changes its codec, which nobody could decode any more, or where the source cuts it.
 */
export function createLiveReel(source: RtspSource, startMs: number): Reel {
  let clip = source.clip();
  const { codec } = clip;
  const startsAt = source.playsFromBeginning?.() === true ? 0 : startMs;
  let index = lastKeyframe(clip, Math.floor((startsAt * clip.framesPerSecond) / 1000)) + (source.startsMidway?.() === true ? 1 : 0);
  let playedMs = 0;
  return {
    next() {
      const current = source.clip();
      if (current !== clip) index = 0;
      clip = current;
      const unit = clip.accessUnits[index % clip.accessUnits.length];
      if (unit === undefined || clip.codec !== codec || playedMs >= (source.cutAfterMs?.() ?? Number.POSITIVE_INFINITY)) return undefined;
      const pictures = source.sendsHalf?.() === true ? 2 : 1;
      // Onto even numbers, where the keyframes are.
      index += pictures - (index % pictures);
      const durationMs = (1000 * pictures) / clip.framesPerSecond;
      playedMs += durationMs;
      return { packets: packetTemplate(codec, unit, 'live'), durationMs };
    },
  };
}

/** The last keyframe at or before an access unit of the loop. */
export function lastKeyframe({ accessUnits }: Clip, index: number): number {
  const inLoop = index % accessUnits.length;
  return index - inLoop + accessUnits.slice(0, inLoop + 1).findLastIndex((unit) => unit.keyframe);
}
