// Proves that what is listed plays: asks for some instants, never the same twice, and for what did not play before.
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured } from '#contract/footage.ts';
import type { PlaybackObservation, PlayedSample } from '../observation.ts';
import type { ProbeOptions } from './device.ts';
import { chooseInstants, type Instant, isListed } from './playback-instants.ts';
import { seen } from './seen.ts';

/** What came when an instant was asked for. */
export type Played = (PlayedSample['played'] & { ok: true })['value'];

/** Whatever lists footage and plays it. */
export interface Player {
  device: string;
  /** All it holds now. Throws DeviceError, `incomplete` where the list is: then nothing can be held against it. */
  list(): Promise<FootageMeasured>;
  /** Which of these it lists now. Throws DeviceError. */
  stillLists(instants: readonly Instant[]): Promise<readonly Instant[]>;
  /** What plays an instant; that throws DeviceError where it does not play. */
  open(): Promise<(instant: Instant) => Promise<Played>>;
}

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
export function createPlaybackProof(): (player: Player, options: ProbeOptions) => Promise<PlaybackObservation> {
  let doubts: Instant[] = [];
  return async (player, options) => {
    const playback = await seen(async () => {
      const listed = await player.list();
      const random = chooseInstants(listed, `${player.device}/${options.now()}`);
      const asked = doubts.filter((instant) => isListed(listed, instant));
      const tried = await playAll(player, [...asked, ...random], options);
      // A recorder overwrites its oldest footage all the time: what it lists no more, it need not play.
      const doubtful = tried.filter(isDoubtful).map(({ instant }) => instant);
      const still = doubtful.length === 0 ? [] : await player.stillLists(doubtful);
      const counted = tried.filter((each) => !isDoubtful(each) || still.includes(each.instant));
      const unasked = asked.filter((instant) => !tried.some((each) => each.instant === instant));
      doubts = [...counted.filter(isDoubtful).map(({ instant }) => instant), ...unasked].slice(0, doubtsMax);
      return counted.map(({ sample }) => sample);
    });
    return { kind: 'playback', device: player.device, playback, at: new Date(options.now()).toISOString() };
  };
}

interface Tried {
  instant: Instant;
  sample: PlayedSample;
}

function isDoubtful({ sample: { played } }: Tried): boolean {
  return !played.ok || Math.abs(played.value.deviationSeconds) > doubtfulSeconds;
}

/** One after the other: many recorders have room for a single play-back. */
async function playAll(player: Player, instants: readonly Instant[], { signal }: ProbeOptions): Promise<Tried[]> {
  const play = await player.open();
  const tried: Tried[] = [];
  for (const instant of instants) {
    const played = await seen(() => play(instant));
    const asked = new Date(instant.at).toISOString();
    tried.push({ instant, sample: { camera: instant.camera, recording: instant.recording, asked, played } });
    const failures = tried.filter(({ sample }) => !sample.played.ok).length;
    if (signal.aborted || failures >= failuresMax || (!played.ok && hopeless.has(played.fault))) break;
  }
  return tried;
}
