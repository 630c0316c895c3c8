// Looks whether what a recorder lists can really be played back: asks it for some instants, and decodes the picture that comes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured } from '#contract/footage.ts';
import type { PlaybackObservation, PlayedSample } from '../observation.ts';
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
import { chooseInstants, type Instant, isListed } from './playback-instants.ts';
import { inScratchFolder } from './scratch-folder.ts';
import { seen } from './seen.ts';

export type PlaybackProbe = (device: Device, options: PlaybackOptions) => Promise<PlaybackObservation>;

export interface PlaybackOptions extends FootageOptions {
  /** How long the recorder may take for one instant. */
  patienceMs?: number;
}

const patienceDefaultMs = 15_000;
const doubtsMax = 16;
/** So much is proof enough, and each may cost the whole of our patience. */
const failuresMax = 5;
/** More than a recorder needs to begin at a keyframe: then it is asked once more whether it still lists the instant. */
const doubtfulSeconds = 10;

/** After one of these the recorder is not asked on: it would not answer otherwise, or would lock the account. */
const hopeless: ReadonlySet<FaultCode> = new Set([
  'credentials-refused',
  'locked',
  'busy',
  'no-answer',
  'refused',
  'unreachable',
  'not-supported',
  'internal',
]);

/**
 * Never rejects. Remembers, while the gateway runs, what did not play, and asks for that first the next time: luck with other instants
 * does not make it play.
 */
export function createPlaybackProbe(): PlaybackProbe {
  let doubts: Instant[] = [];
  return async (device, options) => {
    const playback = await seen(async () => {
      const listed = await completeList(device, options);
      const random = chooseInstants(listed, `${device.id}/${options.now()}`);
      const asked = doubts.filter((instant) => isListed(listed, instant));
      const tried = await playAll(device, [...asked, ...random], options);
      // A recorder overwrites its oldest footage all the time: what it lists no more, it need not play.
      const still = tried.some(isDoubtful) ? await completeList(device, options) : listed;
      const counted = tried.filter((each) => !isDoubtful(each) || isListed(still, each.instant));
      const unasked = asked.filter((instant) => !tried.some((each) => each.instant === instant));
      doubts = [...counted.filter(isDoubtful).map(({ instant }) => instant), ...unasked].slice(0, doubtsMax);
      return counted.map(({ sample }) => sample);
    });
    return { kind: 'playback', device: device.id, playback, at: new Date(options.now()).toISOString() };
  };
}

interface Tried {
  instant: Instant;
  sample: PlayedSample;
}

function isDoubtful({ sample: { played } }: Tried): boolean {
  return !played.ok || Math.abs(played.value.deviationSeconds) > doubtfulSeconds;
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

/** One after the other: many recorders have room for a single play-back. */
async function playAll(device: Device, instants: readonly Instant[], options: PlaybackOptions): Promise<Tried[]> {
  const clock = await readRecorderClock(device.session, options);
  const tried: Tried[] = [];
  for (const instant of instants) {
    const played = await seen(() => play(device, instant, { ...options, clock }));
    tried.push({ instant, sample: { camera: instant.camera, recording: instant.recording, asked: iso(instant.at), played } });
    const failures = tried.filter(({ sample }) => !sample.played.ok).length;
    if (options.signal.aborted || failures >= failuresMax || (!played.ok && hopeless.has(played.fault))) break;
  }
  return tried;
}

async function play(
  { session }: Device,
  { recording, at }: Instant,
  { clock, signal, patienceMs = patienceDefaultMs, ...options }: PlaybackOptions & { clock: RecorderClock },
): Promise<(PlayedSample['played'] & { ok: true })['value']> {
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
