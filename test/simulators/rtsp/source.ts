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
  /** Makes this a replay source: what a recorder holds, played by the looped clip. Read at each PLAY, so it may grow. */
  footage?: Footage;
}
