// A recorder's footage (ONVIF Streaming, "Playback"): each span is the looped clip from its beginning, marked with recording times.
import type { Footage } from '../footage.ts';
import type { Clip } from '../media.ts';
import type { ClockRange } from './clock-range.ts';
import { lastKeyframe } from './live-reel.ts';
import type { Reel } from './reel.ts';
import { packetTemplate } from './rtp.ts';

export interface ReplayRequest {
  range: ClockRange;
  /** Only keyframes, and of these none sooner than this after the one before, milliseconds; `undefined` plays every access unit. */
  intraEveryMs: number | undefined;
  /** Of the PLAY request. */
  cseq: number;
  /** The client was being sent something else before. */
  seeks: boolean;
}

export interface ReplayReel extends Reel {
  /** When the first access unit was recorded, milliseconds since 1970. */
  startsAt: number;
}

interface Position {
  span: number;
  /** Counted from the beginning of the span. */
  index: number;
  recordedAt: number;
}

/** `undefined` where no footage lies at or after the requested time. */
export function createReplayReel(clip: Clip, footage: Footage, request: ReplayRequest): ReplayReel | undefined {
  const { range, seeks, cseq } = request;
  const positions = walk(clip, footage, request);
  const first = positions.next().value;
  if (first === undefined) return undefined;
  let current: Position | undefined = first;
  let before: Position | undefined;
  return {
    startsAt: first.recordedAt,
    next() {
      if (current === undefined || (range.to !== undefined && current.recordedAt > range.to)) return undefined;
      const { span, index, recordedAt } = current;
      const unit = clip.accessUnits[index % clip.accessUnits.length];
      if (unit === undefined) return undefined;
      const following = positions.next().value;
      // Sought, or begun in a hole and so moved to the next footage, or past a hole.
      const discontinuity = before === undefined ? seeks || recordedAt > range.from : before.span !== span;
      // At the clock's pace holes are skipped, but what `Frames: intra` leaves out takes its time.
      const durationMs = following?.span === span ? following.recordedAt - recordedAt : 1000 / clip.framesPerSecond;
      before = current;
      current = following;
      return {
        packets: packetTemplate(clip.codec, unit, 'replay'),
        durationMs,
        marks: { recordedAt, endOfSpan: following?.span !== span, discontinuity, terminal: following === undefined, cseq },
      };
    },
  };
}

/** What is to be played, in order, up to the end of all footage: only there is seen which access unit is the last one. */
function* walk(clip: Clip, footage: Footage, { range, intraEveryMs }: ReplayRequest): Generator<Position, undefined> {
  const unitMs = 1000 / clip.framesPerSecond;
  let notBefore = Number.NEGATIVE_INFINITY;
  for (const [span, { from, to }] of footage.entries()) {
    if (to <= range.from) continue;
    const count = Math.ceil((to - from) / unitMs);
    // ONVIF Streaming, "Synchronization points": the first clean point at or before the time asked for.
    let index = lastKeyframe(clip, Math.max(0, Math.floor((range.from - from) / unitMs)));
    for (; index < count; index = intraEveryMs === undefined ? index + 1 : nextKeyframe(clip, index)) {
      const recordedAt = from + index * unitMs;
      if (intraEveryMs !== undefined && recordedAt < notBefore) continue;
      notBefore = recordedAt + (intraEveryMs ?? 0);
      yield { span, index, recordedAt };
    }
  }
  return undefined;
}

function nextKeyframe({ accessUnits }: Clip, index: number): number {
  const inLoop = index % accessUnits.length;
  const next = accessUnits.findIndex((unit, at) => at > inLoop && unit.keyframe);
  // The loop begins with a keyframe.
  return index - inLoop + (next === -1 ? accessUnits.length : next);
}
