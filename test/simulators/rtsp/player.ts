// Sends what a reel holds to one client, at the speed of the clock or as fast as the client takes it.
import type { Reel, Take } from './reel.ts';
import { senderReport } from './rtcp.ts';
import { numberPackets } from './rtp.ts';
import type { Transport } from './transport.ts';

/** Numbers that run through a whole session, however often it is paused or sought. */
export interface RtpState {
  readonly ssrc: number;
  /** Of the next packet. */
  sequence: number;
  /** The RTP timestamp of time 0, on whichever clock the player counts. */
  readonly timestampBase: number;
  packets: number;
  octets: number;
}

export interface PlayerOptions {
  reel: Reel;
  transport: Transport;
  rtp: RtpState;
  /**
   * `live` keeps to the clock and drops what the client does not take, up to the next keyframe; `steady` keeps to the clock and
   * waits for a slow client; `eager` (ONVIF `Rate-Control: no`) sends as fast as it is taken, stamped with recording times.
   */
  pace: 'live' | 'steady' | 'eager';
  /** While true nothing is sent. */
  stalled(): boolean;
  /** Begin with any picture; otherwise a live player begins with a keyframe. */
  startsMidway?: boolean;
  /** The time a picture is stamped with in place of the true one. */
  stampedAt?: ((ms: number) => number) | undefined;
  /** Told once, when the reel has ended. */
  onEnd(): void;
}

export interface Player {
  /** Begins, or goes on after a pause. `nowMs` here and in `tick` is monotonic. */
  start(nowMs: number): void;
  /** Sends what is due. */
  tick(nowMs: number): void;
}

const reportEveryMs = 5_000;
const latestMs = 1_000;

/** RTP timestamps run at 90 kHz. */
export function toTimestamp({ timestampBase }: RtpState, ms: number): number {
  return (timestampBase + Math.round(ms * 90)) % 2 ** 32;
}

export function createPlayer({ reel, transport, rtp, pace, stalled, startsMidway = false, stampedAt, onEnd }: PlayerOptions): Player {
  let dueMs = 0;
  let reportDueMs = Number.NEGATIVE_INFINITY;
  let ended = false;
  // After access units were left out, a decoder can go on only from a keyframe.
  let needsKeyframe = false;

  const send = ({ packets, marks }: Take) => {
    const trueMs = pace === 'eager' && marks !== undefined ? marks.recordedAt : dueMs;
    const ms = stampedAt?.(trueMs) ?? trueMs;
    const numbers = { channel: transport.channel, sequence: rtp.sequence, timestamp: toTimestamp(rtp, ms), ssrc: rtp.ssrc, marks };
    transport.sendMedia(numberPackets(packets, numbers), packets.starts);
    rtp.sequence = (rtp.sequence + packets.starts.length) & 0xffff;
    rtp.packets += packets.starts.length;
    rtp.octets += packets.octets;
  };

  const step = () => {
    const take = reel.next();
    if (take === undefined) {
      ended = true;
      onEnd();
      return;
    }
    needsKeyframe = pace === 'live' && ((needsKeyframe && !take.packets.keyframe) || !transport.ready());
    if (!needsKeyframe) send(take);
    dueMs += take.durationMs;
  };

  const report = (nowMs: number) => {
    // ONVIF Streaming, "Use of RTCP": without rate control reports say nothing, and need not be sent.
    if (pace === 'eager' || nowMs < reportDueMs || !transport.ready()) return;
    reportDueMs = nowMs + reportEveryMs;
    const { ssrc, packets, octets } = rtp;
    transport.sendControl(senderReport({ ssrc, packets, octets, time: Date.now(), timestamp: toTimestamp(rtp, nowMs) }));
  };

  return {
    start(nowMs) {
      dueMs = nowMs;
      reportDueMs = nowMs;
      needsKeyframe = pace === 'live' && !startsMidway;
    },
    tick(nowMs) {
      if (ended) return;
      if (stalled()) {
        dueMs = nowMs;
        needsKeyframe = pace === 'live';
        return;
      }
      report(nowMs);
      // A process that was held up does not send minutes of video at once.
      if (nowMs - dueMs > latestMs) dueMs = nowMs;
      while (!ended && (pace === 'eager' || dueMs <= nowMs) && (pace === 'live' || transport.ready())) step();
    },
  };
}
