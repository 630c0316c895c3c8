// Decides which of a recorder's recordings to ask about, and which camera each is of; pure.
import { DeviceError } from '../onvif/device-error.ts';
import type { RecordingListed, WeekPart } from '../onvif/recording.ts';
import type { FootageQuestion } from './footage-source.ts';

export interface ChosenRecording {
  token: string;
  camera: string | undefined;
  videoTracks: readonly string[];
  week?: readonly WeekPart[] | undefined;
  /** False where the installer named a recording the recorder does not have. */
  listed: boolean;
}

const recordingsMax = 64;

/**
 * The recordings the installer named. The others are given to a camera only where the recorder itself names that camera as its source,
 * or where there is but one of each: footage is evidence, and a guess by order would make it somebody else's. Those of no camera are
 * only listed where nothing was named.
 */
export function chooseRecordings(
  found: readonly RecordingListed[],
  { recordings = {}, cameras = [] }: Pick<FootageQuestion, 'recordings' | 'cameras'>,
): { chosen: ChosenRecording[]; complete: boolean } {
  const named = Object.entries(recordings).map(([camera, token]) => {
    const recording = found.find((each) => each.token === token);
    return { token, camera, videoTracks: recording?.videoTracks ?? [], week: recording?.week, listed: recording !== undefined };
  });
  const unnamed = cameras.filter((id) => !Object.hasOwn(recordings, id));
  const onlyCamera = found.length === 1 && cameras.length === 1 ? unnamed[0] : undefined;
  const others = found
    .filter(({ token }) => !named.some((each) => each.token === token))
    .map(({ token, sources, videoTracks, week }) => {
      const camera = unnamed.find((id) => sources.includes(id)) ?? onlyCamera;
      return { token, camera, videoTracks, week, listed: true };
    });
  const wanted = named.length > 0 ? [...named, ...others.filter(({ camera }) => camera !== undefined)] : others;
  return { chosen: wanted.slice(0, recordingsMax), complete: wanted.length <= recordingsMax };
}

/**
 * The same without those the recorder does not list: the installer may have named a channel of the maker's interface, so that is no proof
 * that nothing is kept. Throws DeviceError `not-supported` where no other is left.
 */
export function chooseListed(
  found: readonly RecordingListed[],
  question: Pick<FootageQuestion, 'recordings' | 'cameras'>,
): { chosen: ChosenRecording[]; complete: boolean } {
  const { chosen, complete } = chooseRecordings(found, question);
  const listed = chosen.filter((each) => each.listed);
  if (listed.length === 0 && chosen.length > 0)
    throw new DeviceError('not-supported', `no recording is called ${chosen.map(({ token }) => token).join(' or ')}`);
  return { chosen: listed, complete: complete && listed.length === chosen.length };
}
