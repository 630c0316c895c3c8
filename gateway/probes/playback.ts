// Looks whether what a recorder lists can really be played back: asks it for some instants, and decodes the picture that comes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlaybackObservation } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { ShownTime } from '../overlay-clock/read-clock.ts';
import { type RecorderClock, readRecorderClock } from '../recorders/footage-source.ts';
import type { IntraPicture } from '../replay/intra-picture.ts';
import { playInstant } from '../replay/play-instant.ts';
import type { Device } from './device.ts';
import { keptAs } from './evidence.ts';
import { decodeToJpeg } from './ffmpeg.ts';
import { readKeyframe } from './keyframe.ts';
import type { Instant } from './playback-instants.ts';
import { createPlaybackProof, type Played } from './playback-proof.ts';
import { momentOf } from './playback-time.ts';
import { findPlaybackWay, type PlaybackWay, type WayOptions } from './playback-way.ts';
import { inScratchFolder } from './scratch-folder.ts';

export type PlaybackProbe = (device: Device, options: PlaybackOptions) => Promise<PlaybackObservation>;

export interface PlaybackOptions extends WayOptions {
  /** How long the recorder may take for one instant. */
  patienceMs?: number;
}

const patienceDefaultMs = 15_000;

/** Never rejects. Remembers, while the gateway runs, what did not play. `timeZone`: of the clocks in the pictures. */
export function createPlaybackProbe({ timeZone }: { timeZone: string }): PlaybackProbe {
  const prove = createPlaybackProof();
  let hasPlayed = false;

  const player = (device: Device, options: PlaybackOptions) => {
    let way: PlaybackWay | undefined;
    const found = async () => (way ??= await findPlaybackWay(device, options));
    return {
      device: device.id,
      list: async () => (await found()).listed,
      stillLists: async (instants: readonly Instant[]) => (await found()).stillLists(instants),
      async open() {
        const { questionFor, isMakers } = await found();
        const clock = await readRecorderClock(device.session, options);
        return async (instant: Instant) => {
          const question = await questionFor(instant, clock);
          const played = await play(device, instant, { ...options, ...question, clock, timeZone }).catch((thrown: unknown) => {
            throw isMakers && !hasPlayed ? untried(thrown) : thrown;
          });
          hasPlayed = true;
          return played;
        };
      },
    };
  };
  return (device, options) => prove(player(device, options), options);
}

/** A model may not know its maker's way of playing at all: until something has played, that nothing is there proves nothing. */
function untried(thrown: unknown): unknown {
  if (!(thrown instanceof DeviceError) || thrown.fault !== 'no-stream') return thrown;
  return new DeviceError('http-error', `${thrown.detail}; nothing has ever played in its maker’s way`, { cause: thrown });
}

interface PlayOptions extends PlaybackOptions {
  address: URL;
  at: number | undefined;
  clock: RecorderClock;
  timeZone: string;
}

async function play({ session }: Device, instant: Instant, options: PlayOptions): Promise<Played> {
  const { address, at, signal, patienceMs = patienceDefaultMs } = options;
  const { credentials, streams } = session;
  const picture = await streams.using(() => playInstant({ address, at, credentials, patienceMs, signal }));
  const { jpeg, shown } = await decoded(picture, signal);
  const { played, datedBy } = momentOf({ recordedAt: picture.recordedAt, shown }, { ...options, asked: instant.at });
  const sha256 = await keptAs(jpeg, options);
  const deviationSeconds = (played - instant.at) / 1000;
  return { played: new Date(played).toISOString(), deviationSeconds, datedBy, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** The picture as a small JPEG and, where the recorder does not date it, the time written into it. Throws DeviceError `does-not-decode`. */
async function decoded(
  { codec, stream, recordedAt }: IntraPicture,
  signal: AbortSignal,
): Promise<{ jpeg: Buffer; shown: ShownTime | undefined }> {
  return inScratchFolder(async (folder) => {
    const [file, jpeg] = [join(folder, 'picture'), join(folder, 'picture.jpg')];
    const format = codec === 'h264' ? 'h264' : 'hevc';
    await writeFile(file, stream);
    await decodeToJpeg({ file, format, jpeg, signal });
    const shown = recordedAt === undefined ? (await readKeyframe({ file, format, folder, signal })).shown : undefined;
    return { jpeg: await readFile(jpeg), shown };
  });
}
