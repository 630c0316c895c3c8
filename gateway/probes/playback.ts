// Looks whether what a recorder lists can really be played back: asks it for some instants, and decodes the picture that comes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FootageMeasured } from '#contract/footage.ts';
import type { PlaybackObservation } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { readReplayAddress } from '../onvif/replay.ts';
import { measureAnswer, type RecorderClock, readRecorderClock } from '../recorders/footage-source.ts';
import { profileGEvents } from '../recorders/profile-g.ts';
import type { IntraPicture } from '../replay/intra-picture.ts';
import { playInstant } from '../replay/play-instant.ts';
import type { Device } from './device.ts';
import { keptAs } from './evidence.ts';
import { decodeToJpeg } from './ffmpeg.ts';
import { type FootageOptions, footageQuestion } from './footage.ts';
import type { Instant } from './playback-instants.ts';
import { createPlaybackProof, type Played } from './playback-proof.ts';
import { inScratchFolder } from './scratch-folder.ts';

export type PlaybackProbe = (device: Device, options: PlaybackOptions) => Promise<PlaybackObservation>;

export interface PlaybackOptions extends FootageOptions {
  /** How long the recorder may take for one instant. */
  patienceMs?: number;
}

const patienceDefaultMs = 15_000;
/** Never rejects. Remembers, while the gateway runs, what did not play. */
export function createPlaybackProbe(): PlaybackProbe {
  const prove = createPlaybackProof();
  return (device, options) =>
    prove(
      {
        device: device.id,
        list: () => completeList(device, options),
        async open() {
          const clock = await readRecorderClock(device.session, options);
          return (instant) => play(device, instant, { ...options, clock });
        },
      },
      options,
    );
}

/**
 * What the recorder lists now, the ONVIF way: replay knows recordings by no other names. Throws DeviceError, `incomplete` where the list is:
 * then nothing can be held against the recorder.
 */
async function completeList(device: Device, options: PlaybackOptions): Promise<FootageMeasured> {
  if (!(await device.session.services(options)).has('replay'))
    throw new DeviceError('not-supported', 'the recorder offers no replay service');
  const { window, ...question } = footageQuestion(device, options);
  const listed = measureAnswer(await profileGEvents.read(device.session, { ...question, windows: [window] }), window);
  if (listed.recordings.length === 0) throw new DeviceError('not-supported', 'the recorder lists no recordings that ONVIF could play back');
  if (!listed.complete) throw new DeviceError('incomplete', 'the recorder does not say completely what it holds');
  return listed;
}

async function play(
  { session }: Device,
  { recording, at }: Instant,
  { clock, signal, patienceMs = patienceDefaultMs, ...options }: PlaybackOptions & { clock: RecorderClock },
): Promise<Played> {
  const address = await readReplayAddress(session, recording, { signal });
  const { credentials, streams } = session;
  const picture = await streams.using(() => playInstant({ address, at: clock.theirs(at), credentials, patienceMs, signal }));
  const jpeg = await decoded(picture, signal);
  if (picture.recordedAt === undefined) throw new DeviceError('malformed', 'a picture came, and the recorder does not say of when it is');
  const played = clock.ours(picture.recordedAt);
  const sha256 = await keptAs(jpeg, options);
  return { played: iso(played), deviationSeconds: (played - at) / 1000, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** The picture as a small JPEG. Throws DeviceError `does-not-decode`. */
async function decoded({ codec, stream }: IntraPicture, signal: AbortSignal): Promise<Buffer> {
  return inScratchFolder(async (folder) => {
    const [file, jpeg] = [join(folder, 'picture'), join(folder, 'picture.jpg')];
    await writeFile(file, stream);
    await decodeToJpeg({ file, format: codec === 'h264' ? 'h264' : 'hevc', jpeg, signal });
    return readFile(jpeg);
  });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
