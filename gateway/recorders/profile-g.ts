// Asks for footage the ONVIF way (Profile G): by the events that tell when footage began and ended on each track.
import { DeviceError } from '../onvif/device-error.ts';
import { readRecordings } from '../onvif/recording.ts';
import { type DataEdge, findDataEdges } from '../onvif/search.ts';
import type { OnvifSession } from '../onvif/session.ts';
import {
  type FootageAnswer,
  type FootageQuestion,
  type FootageSource,
  type Held,
  type RecorderClock,
  readRecorderClock,
} from './footage-source.ts';
import { presence } from './presence.ts';
import { type ChosenRecording, chooseListed } from './recording-choice.ts';

export const profileGEvents: FootageSource = { name: 'profile-g-events', asksAtOnce: true, read };

async function read(session: OnvifSession, question: FootageQuestion): Promise<FootageAnswer> {
  const { windows, signal } = question;
  const clock = await readRecorderClock(session, { signal });
  const { chosen, complete } = chooseListed(await readRecordings(session, { signal }), question);
  const held: Held[] = [];
  // One after the other: many recorders have room for a single search.
  for (const recording of chosen) {
    const parts: Held['parts'] = [];
    for (const asked of windows) {
      const found = await edgesOf(session, recording, { window: asked, clock, signal });
      parts.push({ asked, stretches: presence(found.items, asked), complete: found.complete });
    }
    held.push({ recording: recording.token, camera: recording.camera, parts });
  }
  return { method: profileGEvents.name, utcOffsetMinutes: clock.utcOffsetMinutes, complete, held };
}

async function edgesOf(
  session: OnvifSession,
  recording: ChosenRecording,
  { window, clock, signal }: { window: { from: number; to: number }; clock: RecorderClock; signal: AbortSignal },
): Promise<{ items: DataEdge[]; complete: boolean }> {
  const asked = { recording: recording.token, from: clock.theirs(window.from), to: clock.theirs(window.to) };
  const { items, complete } = await findDataEdges(session, asked, { signal });
  // ONVIF has a device tell at least how things stood at the start: one that says nothing at all keeps no such events.
  if (complete && items.length === 0) throw new DeviceError('not-supported', 'FindEvents: the recorder keeps no events of its footage');
  return { items: items.filter(isVideo(recording)).map((edge) => ({ ...edge, at: clock.ours(edge.at) })), complete };
}

/** A microphone's track is no footage; where the recorder does not tell its tracks apart, all count. */
function isVideo({ videoTracks }: ChosenRecording): (edge: DataEdge) => boolean {
  return ({ track }) => videoTracks.length === 0 || track === '' || videoTracks.includes(track);
}
