// What a session plays, one access unit after the other.
import type { PacketTemplate, ReplayMarks } from './rtp.ts';

export interface Take {
  packets: PacketTemplate;
  /** Until the next one, milliseconds. */
  durationMs: number;
  /** Only of replayed footage. */
  marks?: ReplayMarks;
}

export interface Reel {
  /** `undefined` where nothing more can be played, for ever. */
  next(): Take | undefined;
}
