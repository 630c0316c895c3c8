// What a path of the simulated RTSP server plays.
import type { Footage } from '../footage.ts';
import type { Clip } from '../media.ts';

export interface RtspSource {
  /**
   * Looked up for each access unit, so that a fault (black, frozen) can come and go while playing live; footage keeps the clip it was
   * begun with. Another codec ends the session.
   */
  clip(): Clip;
  /** While true the stream opens and sends nothing. */
  stalled?(): boolean;
  /** While true a live session begins right after a keyframe, and a client has to wait for the next one. */
  startsMidway?(): boolean;
  /** While true a live session is given every second picture only. */
  sendsHalf?(): boolean;
  /** A live session is given no packets after this long, milliseconds. */
  stallsAfterMs?(): number | undefined;
  /** A live session's connection is cut after this long, milliseconds. */
  cutAfterMs?(): number | undefined;
  /** The time live pictures are stamped with in place of the true one; milliseconds, both. */
  stampedAt?(ms: number): number;
  /** While true sound and analytics are described before the picture; neither ever sends anything. */
  describesOtherTracks?(): boolean;
  /** While true the session description leaves out the parameter sets, which then come only with each keyframe. */
  describesNothing?(): boolean;
  /** While true a session begins with the clip's first picture: what a maker's play-back address asks for, undated. */
  playsFromBeginning?(): boolean;
  /** Makes this a replay source: what a recorder holds, played by the looped clip. Read at each PLAY, so it may grow. */
  footage?: Footage;
}
