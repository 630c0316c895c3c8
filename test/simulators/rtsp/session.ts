// One RTSP session: what was set up, and what of it is playing.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { formatClockRange, parseClockRange } from './clock-range.ts';
import { createLiveReel } from './live-reel.ts';
import type { Reply } from './message.ts';
import type { Pacer } from './pacer.ts';
import { createPlayer, type Player, type RtpState, toTimestamp } from './player.ts';
import { createReplayReel } from './replay-reel.ts';
import { trackControl } from './session-description.ts';
import type { RtspSource } from './source.ts';
import type { Transport } from './transport.ts';

export interface Session {
  readonly id: string;
  readonly source: RtspSource;
  /** Answers PLAY; `headers` are those of the request. */
  play(headers: ReadonlyMap<string, string>): Reply;
  pause(): void;
  close(): void;
}

export interface SessionDeps {
  source: RtspSource;
  transport: Transport;
  connection: Socket;
  pacer: Pacer;
  /** The address the session was set up with, without the track. */
  url: string;
}

export function createSession({ source, transport, connection, pacer, url }: SessionDeps): Session {
  const rtp = startNumbers();
  let playingSinceMs = 0;
  const stalled = () =>
    source.stalled?.() === true || pacer.now() - playingSinceMs >= (source.stallsAfterMs?.() ?? Number.POSITIVE_INFINITY);
  let player: Player | undefined;

  const pause = () => {
    if (player !== undefined) pacer.stop(player);
  };
  const run = (next: Player, nowMs: number) => {
    pause();
    player = next;
    player.start(nowMs);
    pacer.start(player);
  };
  const started = (range: string, firstMs: number): Reply => {
    const info = `url=${url}/${trackControl};seq=${rtp.sequence};rtptime=${toTimestamp(rtp, firstMs)}`;
    return { status: 200, headers: { Range: range, 'RTP-Info': info } };
  };

  const playLive = (): Reply => {
    const nowMs = pacer.now();
    playingSinceMs = nowMs;
    const reel = createLiveReel(source, nowMs);
    const startsMidway = source.startsMidway?.() ?? false;
    const onEnd = () => connection.destroy();
    run(createPlayer({ reel, transport, rtp, pace: 'live', stalled, startsMidway, stampedAt: source.stampedAt, onEnd }), nowMs);
    return started('npt=0.000-', nowMs);
  };
  /** A PLAY while something plays takes effect at once, with or without ONVIF's `Immediate: yes`. */
  const playFootage = (headers: ReadonlyMap<string, string>): Reply => {
    const footage = source.footage ?? [];
    const range = parseClockRange(headers.get('range')) ?? { from: footage[0]?.from ?? 0 };
    if (range === 'invalid') return { status: 457 };
    const intraEveryMs = parseIntraInterval(headers.get('frames'));
    const cseq = Number(headers.get('cseq'));
    const reel = createReplayReel(source.clip(), footage, { range, intraEveryMs, cseq, seeks: player !== undefined });
    if (reel === undefined) return { status: 457 };
    const pace = headers.get('rate-control') === 'no' && transport.flowControlled ? 'eager' : 'steady';
    const nowMs = pacer.now();
    // ONVIF Streaming, "End of footage": delivery stops, but the session does not end.
    run(createPlayer({ reel, transport, rtp, pace, stalled, onEnd: () => {} }), nowMs);
    const played = formatClockRange({ from: reel.startsAt, to: range.to ?? footage.at(-1)?.to });
    return started(played, pace === 'eager' ? reel.startsAt : nowMs);
  };

  // Left to the next turn of the event loop, or one eager client would keep all others waiting.
  const onDrain = () =>
    setImmediate(() => {
      if (player !== undefined) pacer.tickNow(player);
    });
  connection.on('drain', onDrain);

  return {
    id: randomBytes(8).toString('hex'),
    source,
    play(headers) {
      if (player !== undefined && parseClockRange(headers.get('range')) === undefined) {
        run(player, pacer.now());
        return { status: 200 };
      }
      return source.footage === undefined ? playLive() : playFootage(headers);
    },
    pause,
    close() {
      pause();
      connection.off('drain', onDrain);
      transport.close();
    },
  };
}

/** RFC 3550 5.1: all three begin at random. */
function startNumbers(): RtpState {
  const random = randomBytes(10);
  return {
    ssrc: random.readUInt32BE(0),
    timestampBase: random.readUInt32BE(4),
    sequence: random.readUInt16BE(8),
    packets: 0,
    octets: 0,
  };
}

/** ONVIF Streaming, "Frames header field"; milliseconds. Without B-frames `predicted` is the same as `all`. */
function parseIntraInterval(frames: string | undefined): number | undefined {
  const parts = /^intra(?:\/(\d{1,9}))?$/.exec(frames ?? '');
  return parts === null ? undefined : Number(parts[1] ?? 0);
}
