// Finds the video in a session description (RFC 4566): how it is coded, where it is asked for, and what a decoder needs to know first.
import { DeviceError } from '../onvif/device-error.ts';

export type Codec = 'h264' | 'h265';

export interface VideoTrack {
  codec: Codec;
  payloadType: number;
  /** The address SETUP names. */
  control: string;
  /** The address PLAY names: of the whole session. */
  aggregate: string;
  /** Parameter sets told ahead of the stream, without start codes; many devices tell none. */
  parameterSets: Buffer[];
}

const parameterSetsMax = 16;

/** `base` is what controls are relative to. Throws DeviceError: `no-stream` without video, `not-supported` where it is of another kind. */
export function findVideoTrack(description: string, base: string): VideoTrack {
  const [session = [], ...media] = sections(description);
  const videos = media.filter(([line]) => line?.startsWith('m=video ') === true);
  if (videos.length === 0) throw new DeviceError('no-stream', 'the session the recorder describes holds no video');
  for (const lines of videos) {
    const [, payloadType, name] = /^a=rtpmap:(\d{1,3}) ([\w.-]+)\//m.exec(lines.join('\n')) ?? [];
    const codec = codecs[name?.toUpperCase() ?? ''];
    if (codec === undefined || payloadType === undefined) continue;
    return {
      codec,
      payloadType: Number(payloadType),
      control: resolved(controlOf(lines), base),
      aggregate: resolved(controlOf(session), base),
      parameterSets: parameterSetsOf(lines),
    };
  }
  throw new DeviceError('not-supported', 'the recorder plays a kind of video this gateway does not examine; H.264 and H.265 are known');
}

const codecs: Record<string, Codec> = { H264: 'h264', H265: 'h265' };

/** The lines before the first `m=`, then those of each medium. */
function sections(description: string): string[][] {
  const found: string[][] = [[]];
  for (const line of description.split(/\r?\n/)) {
    if (line.startsWith('m=')) found.push([]);
    found.at(-1)?.push(line);
  }
  return found;
}

function controlOf(lines: readonly string[]): string {
  const line = lines.find((each) => each.startsWith('a=control:'));
  return line?.slice('a=control:'.length).trim() ?? '*';
}

/** RFC 2326 C.1.1, as devices mean it: hung behind the base, also where that ends in a query. */
function resolved(control: string, base: string): string {
  if (control === '*' || control === '') return base;
  if (/^rtsp:\/\//i.test(control)) return control;
  return base.endsWith('/') ? `${base}${control}` : `${base}/${control}`;
}

/** `sprop-parameter-sets` of RFC 6184, `sprop-vps`, `-sps` and `-pps` of RFC 7798. */
function parameterSetsOf(lines: readonly string[]): Buffer[] {
  const parameters = lines.find((each) => each.startsWith('a=fmtp:')) ?? '';
  const sets = [...parameters.matchAll(/sprop-(?:parameter-sets|vps|sps|pps)=([^;\s]+)/g)].flatMap(([, value = '']) => value.split(','));
  return sets
    .slice(0, parameterSetsMax)
    .map((set) => Buffer.from(set, 'base64'))
    .filter((set) => set.length > 0);
}
