// Decides which of a recorder's recordings to ask about, and which camera each is of; pure.
import type { RecordingListed } from '../onvif/recording.ts';
import type { FootageQuestion } from './footage-source.ts';

export interface ChosenRecording {
  token: string;
  camera: string | undefined;
  videoTracks: readonly string[];
  /** False where the installer named a recording the recorder does not have. */
  listed: boolean;
}

const recordingsMax = 64;

/**
 * The recordings the installer named; without such a list all of them, each given to a camera only where the recorder itself names that
 * camera as its source, or where there is but one of each. Footage is evidence: a guess by order would make it somebody else's.
 */
export function chooseRecordings(
  found: readonly RecordingListed[],
  { recordings = {}, cameras = [] }: Pick<FootageQuestion, 'recordings' | 'cameras'>,
): { chosen: ChosenRecording[]; complete: boolean } {
  const named = Object.entries(recordings).map(([camera, token]) => {
    const recording = found.find((each) => each.token === token);
    return { token, camera, videoTracks: recording?.videoTracks ?? [], listed: recording !== undefined };
  });
  const onlyCamera = found.length === 1 && cameras.length === 1 ? cameras[0] : undefined;
  const all = found.map(({ token, sources, videoTracks }) => {
    const camera = cameras.find((id) => sources.includes(id)) ?? onlyCamera;
    return { token, camera, videoTracks, listed: true };
  });
  const wanted = named.length > 0 ? named : all;
  return { chosen: wanted.slice(0, recordingsMax), complete: wanted.length <= recordingsMax };
}
