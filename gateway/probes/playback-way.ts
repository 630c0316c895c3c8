// The ways of having a recorder play what it lists: ONVIF replay, and where there is none, what its maker has.
import type { FootageMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { findMainStream } from '../onvif/media.ts';
import { readReplayAddress } from '../onvif/replay.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { measureAnswer, type RecorderClock } from '../recorders/footage-source.ts';
import { readFootage, sourceNamed } from '../recorders/index.ts';
import { profileGEvents } from '../recorders/profile-g.ts';
import type { Device } from './device.ts';
import { type FootageOptions, footageQuestion } from './footage.ts';
import { type Instant, isListed } from './playback-instants.ts';

export interface PlaybackWay {
  /** Complete. */
  listed: FootageMeasured;
  /** Whether it is the maker's, which need not be known to every model. */
  isMakers: boolean;
  /** Which of these the recorder lists now. Throws DeviceError. */
  stillLists(instants: readonly Instant[]): Promise<readonly Instant[]>;
  /** What to ask over RTSP; `at` by the recorder's clock, or undefined where the address says it. Throws DeviceError. */
  questionFor(instant: Instant, clock: RecorderClock): Promise<{ address: URL; at: number | undefined }>;
}

export type WayOptions = FootageOptions;

/** Throws DeviceError: `not-supported` where there is none, `incomplete` where the list is: then nothing can be held against the recorder. */
export async function findPlaybackWay(device: Device, options: WayOptions): Promise<PlaybackWay> {
  try {
    return await onvifWay(device, options);
  } catch (thrown) {
    if (!(thrown instanceof DeviceError) || thrown.fault !== 'not-supported') throw thrown;
    return makersWay(device, options, thrown);
  }
}

/** Replay knows recordings by no other names than ONVIF's own list. */
async function onvifWay(device: Device, options: WayOptions): Promise<PlaybackWay> {
  const { session } = device;
  if (!(await session.services(options)).has('replay')) throw new DeviceError('not-supported', 'the recorder offers no replay service');
  const list = async () => {
    const { window, ...question } = footageQuestion(device, options);
    return complete(measureAnswer(await profileGEvents.read(session, { ...question, windows: [window] }), window));
  };
  const listed = await list();
  if (listed.recordings.length === 0) throw new DeviceError('not-supported', 'the recorder lists no recordings that ONVIF could play back');
  return {
    listed,
    isMakers: false,
    async stillLists(instants) {
      const now = await list();
      return instants.filter((instant) => isListed(now, instant));
    },
    questionFor: async ({ recording, at }, clock) => ({
      address: await readReplayAddress(session, recording, options),
      at: clock.theirs(at),
    }),
  };
}

/** What an instant is asked for with: more than what is left out at the edges of a list. */
const aroundMs = 1_800_000;

async function makersWay(device: Device, options: WayOptions, { detail }: DeviceError): Promise<PlaybackWay> {
  const { session } = device;
  const { read = readFootage, signal } = options;
  const whole = footageQuestion(device, options);
  const listed = await read(session, whole);
  const source = sourceNamed(listed.method);
  const { playbackPath } = source;
  if (playbackPath === undefined) throw new DeviceError('not-supported', detail);
  complete(listed);
  const door = await rtspDoor(session, options);
  return {
    listed,
    isMakers: true,
    async stillLists(instants) {
      const still: Instant[] = [];
      for (const instant of instants) {
        const { camera, recording, at } = instant;
        const window = { from: at - aroundMs, to: Math.min(at + aroundMs, options.now()) };
        const only = camera === undefined ? {} : { cameras: [camera], recordings: { [camera]: recording } };
        const answer = await source.read(session, { ...whole, ...only, windows: [window], understood: true });
        if (isListed(measureAnswer(answer, window), instant)) still.push(instant);
      }
      return still;
    },
    async questionFor({ recording, at }, { theirs, utcOffsetMinutes }) {
      const second = Math.floor(theirs(at) / 1000) * 1000;
      return { address: new URL(await playbackPath(session, { recording, at: second, utcOffsetMinutes, signal }), door), at: undefined };
    },
  };
}

function complete(listed: FootageMeasured): FootageMeasured {
  if (!listed.complete) throw new DeviceError('incomplete', 'the recorder does not say completely what it holds');
  return listed;
}

/** Where the recorder streams live, it plays back too; one that does not tell is asked at the usual port. */
async function rtspDoor(session: OnvifSession, options: { signal: AbortSignal }): Promise<URL> {
  const { hostname } = new URL(`http://${session.address}`);
  const live = await findMainStream(session, options).catch((thrown: unknown) => {
    if (thrown instanceof DeviceError && ['not-supported', 'no-stream', 'soap-fault', 'malformed'].includes(thrown.fault)) return undefined;
    throw thrown;
  });
  return new URL(live?.address ?? `rtsp://${hostname}`);
}
