// Has a recorder play back one instant (ONVIF Streaming, "Playback", or as its maker has it), and takes the first picture that comes.
import type { FaultCode } from '#contract/fault-code.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import { createIntraPicture, type IntraPicture } from './intra-picture.ts';
import { parseRtpPacket } from './rtp-packet.ts';
import { openRtsp, type RtspConnection } from './rtsp-connection.ts';
import type { RtspReply } from './rtsp-reader.ts';
import { findVideoTrack, type VideoTrack } from './video-track.ts';

export interface ReplayQuestion {
  /** `rtsp://…`, without user name or password. */
  address: URL;
  /** By the recorder's clock: milliseconds since 1970. Undefined where the address says it, in a maker's way. */
  at: number | undefined;
  credentials: Credentials | undefined;
  /** How long the recorder may take for all of it. */
  patienceMs: number;
  signal: AbortSignal;
}

const goodbyeMs = 1000;

/**
 * One session, ended again whatever happens. Throws DeviceError: `stalled` where the recorder says that it plays and nothing comes,
 * `malformed` where something else comes than it described, `does-not-decode` where something comes that holds no whole picture,
 * `no-stream` where it says that there is nothing at this instant.
 */
export async function playInstant(question: ReplayQuestion): Promise<IntraPicture> {
  const { address, at, credentials, signal } = question;
  if (address.protocol !== 'rtsp:') throw new DeviceError('not-supported', 'the recorder plays back only over an encrypted connection');
  const patience = AbortSignal.timeout(question.patienceMs);
  const connection = openRtsp(address, { credentials, signal: AbortSignal.any([signal, patience]) });
  let session: { url: string; id: string } | undefined;
  try {
    const track = await describe(connection, address.href);
    const asked = at === undefined ? fromTheBeginning : from(at);
    const transport = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };
    const setUp = accepted('SETUP', await connection.request('SETUP', track.control, { ...asked.required, ...transport }));
    session = { url: track.aggregate, id: sessionIn(setUp) };
    accepted('PLAY', await connection.request('PLAY', session.url, { ...asked.required, Session: session.id, ...asked.play }));
    return await firstPicture(connection, { track, channel: channelIn(setUp), ranOut: () => patience.aborted && !signal.aborted });
  } finally {
    await leave(connection, session);
  }
}

const fromTheBeginning = { required: {}, play: { Range: 'npt=0.000-' } };

function from(at: number) {
  return { required: { Require: 'onvif-replay' }, play: { Range: `clock=${clockTime(at)}-`, 'Rate-Control': 'no', Frames: 'intra' } };
}

async function describe(connection: RtspConnection, url: string): Promise<VideoTrack> {
  const reply = accepted('DESCRIBE', await connection.request('DESCRIBE', url, { Accept: 'application/sdp' }));
  const base = reply.headers.get('content-base')?.[0] ?? reply.headers.get('content-location')?.[0] ?? url;
  return findVideoTrack(reply.body, base);
}

function sessionIn(setUp: RtspReply): string {
  const id = setUp.headers.get('session')?.[0]?.split(';')[0]?.trim();
  if (id === undefined || id === '') throw new DeviceError('malformed', 'SETUP: the answer names no session');
  return id;
}

function channelIn(setUp: RtspReply): number {
  return Number(/interleaved=(\d{1,3})/.exec(setUp.headers.get('transport')?.[0] ?? '')?.[1] ?? 0);
}

/** YYYYMMDDThhmmss.sssZ (RFC 2326 3.7). */
function clockTime(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]/g, '');
}

async function firstPicture(
  connection: RtspConnection,
  { track, channel, ranOut }: { track: VideoTrack; channel: number; ranOut: () => boolean },
): Promise<IntraPicture> {
  const picture = createIntraPicture(track.codec, track.parameterSets);
  let [packets, others] = [0, 0];
  try {
    for (;;) {
      const packet = parseRtpPacket(await connection.packet(channel));
      if (packet?.payloadType !== track.payloadType) {
        others += 1;
        continue;
      }
      packets += 1;
      const found = picture(packet);
      if (found !== undefined) return found;
    }
  } catch (thrown) {
    throw nothingToSee(thrown, { packets, others, ranOut: ranOut() });
  }
}

/** The recorder has said that it plays: what then fails to come is its answer too, unless it was we who had no more time. */
function nothingToSee(thrown: unknown, { packets, others, ranOut }: { packets: number; others: number; ranOut: boolean }): unknown {
  const ended = thrown instanceof DeviceError && thrown.fault === 'truncated';
  if (!ranOut && !ended) return thrown;
  if (packets === 0 && others > 0)
    return new DeviceError('malformed', `${others} packets came, none of them of the kind DESCRIBE announced`);
  if (packets === 0) return new DeviceError('stalled', 'PLAY was accepted, and then no packets came');
  // A line that breaks in the middle of a picture says nothing of the footage.
  return ranOut ? new DeviceError('does-not-decode', `${packets} packets came, and no whole picture to begin with among them`) : thrown;
}

/** What a status other than success means for play-back. */
const meanings: Record<number, [FaultCode, string]> = {
  401: ['credentials-refused', 'user name or password not accepted'],
  403: ['not-supported', 'this account may not play back'],
  404: ['no-stream', 'the recorder has nothing at this address'],
  453: ['busy', 'the recorder has no session left'],
  457: ['no-stream', 'the recorder has no footage at this instant'],
  461: ['not-supported', 'the recorder does not play over the connection itself'],
  501: ['not-supported', 'the recorder does not know how to'],
  503: ['busy', 'the recorder has no session left'],
  551: ['not-supported', 'the recorder does not know ONVIF replay'],
};

function accepted(method: string, reply: RtspReply): RtspReply {
  if (reply.status === 200) return reply;
  if (reply.status >= 300 && reply.status < 400)
    throw new DeviceError('redirected', `${method}: the recorder sent us to another address, which is never followed`);
  const [fault, why] = meanings[reply.status] ?? (['http-error', 'neither success nor a refusal we know'] as const);
  throw new DeviceError(fault, `${method}: RTSP ${reply.status}, ${why}`);
}

/** Recorders keep a session that was not ended until it times out, and have few of them. */
async function leave(connection: RtspConnection, session: { url: string; id: string } | undefined): Promise<void> {
  if (session !== undefined) {
    const goodbye = connection.request('TEARDOWN', session.url, { Session: session.id }).catch(() => {
      // Gone already, which is what was wanted.
    });
    const { promise: tooLong, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, goodbyeMs);
    await Promise.race([goodbye, tooLong]);
    clearTimeout(timer);
  }
  connection.close();
}
