// How ffmpeg is told the address and the password of a stream: by its standard input, so that they stand in no process list.
import type { Credentials } from '../onvif/http-digest.ts';

export interface StreamSource {
  /** `rtsp://…`, without user name or password. */
  address: URL;
  credentials: Credentials | undefined;
}

/** What `sourceScript` has to be allowed; for `-protocol_whitelist`. */
export const sourceProtocols = 'pipe,tcp,udp,rtp,rtsp,rtsps,tls,crypto';

/**
 * A list of one file, for `-f concat`. `patienceSeconds`: for the parameters of the stream; `silenceMs` of the camera end it. `unprobed`: they
 * are left to the reader of the list, who knows what may be passed over.
 */
export function sourceScript({
  address,
  credentials,
  patienceSeconds,
  silenceMs,
  unprobed = false,
}: StreamSource & { patienceSeconds: number; silenceMs: number; unprobed?: boolean }): string {
  const url = new URL(address);
  url.username = encodeURIComponent(credentials?.username ?? '');
  url.password = encodeURIComponent(credentials?.password ?? '');
  const quoted = url.href.replaceAll("'", '%27');
  return [
    'ffconcat version 1.0',
    `file '${quoted}'`,
    'option rtsp_transport tcp',
    `option timeout ${silenceMs * 1000}`,
    // A microphone or an analytics track that says nothing would be waited for.
    'option allowed_media_types video',
    // The camera's own stamps are as good as its firmware: some count the pictures they were told to send, not those they do.
    'option use_wallclock_as_timestamps 1',
    // Where the session description holds no parameter sets, they come with the first keyframe.
    `option analyzeduration ${patienceSeconds * 1_000_000}`,
    // A second of pictures would be decoded, only to guess how many there are in one.
    ...(unprobed ? ['option fpsprobesize 0', 'option probesize 32'] : []),
    '',
  ].join('\n');
}

/** What of a stream must not be quoted. */
export function secretsOf(credentials: Credentials | undefined): string[] {
  return credentials === undefined ? [] : [credentials.password, encodeURIComponent(credentials.password)];
}
