// The SDP a DESCRIBE is answered with (RFC 4566).
import type { Clip } from '../media.ts';
import { formatClockRange } from './clock-range.ts';
import { payloadType } from './rtp.ts';
import type { RtspSource } from './source.ts';

/** Follows the content base in the address of the one track. */
export const trackControl = 'trackID=1';

export function describe(source: RtspSource): string {
  const clip = source.clip();
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=Mingzao simulator',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    `a=range:${describedRange(source)}`,
    ...(source.describesOtherTracks?.() === true ? otherTracks : []),
    `m=video 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${clip.codec.toUpperCase()}/90000`,
    ...(source.describesNothing?.() === true ? [] : [`a=fmtp:${payloadType} ${formatParameters(clip)}`]),
    `a=framerate:${clip.framesPerSecond}`,
    `a=control:${trackControl}`,
  ];
  // ONVIF Streaming, "RTSP describe": which track of the recording this is.
  if (source.footage !== undefined) lines.push('a=x-onvif-track:VIDEO001');
  return `${lines.join('\r\n')}\r\n`;
}

const otherTracks = [
  'm=audio 0 RTP/AVP 0',
  'a=control:trackID=2',
  'm=application 0 RTP/AVP 107',
  'a=rtpmap:107 vnd.onvif.metadata/90000',
  'a=control:trackID=3',
];

function describedRange({ footage }: RtspSource): string {
  const [first, last] = [footage?.[0], footage?.at(-1)];
  return first === undefined || last === undefined ? 'npt=now-' : formatClockRange({ from: first.from, to: last.to });
}

function formatParameters({ codec, parameterSets }: Clip): string {
  const sets = parameterSets.map((set) => set.toString('base64'));
  switch (codec) {
    case 'h264': {
      // Profile, constraints and level are the three bytes after the NAL header of the SPS (RFC 6184 8.1).
      const profileLevelId = parameterSets[0]?.toString('hex', 1, 4);
      return `packetization-mode=1;profile-level-id=${profileLevelId};sprop-parameter-sets=${sets.join(',')}`;
    }
    case 'h265':
      return `sprop-vps=${sets[0]};sprop-sps=${sets[1]};sprop-pps=${sets[2]}`;
  }
}
