// Asks for footage the ONVIF way (Profile G): by the events that tell when footage began and ended on each track.
import { DeviceError } from '../onvif/device-error.ts';
import { readRecordings } from '../onvif/recording.ts';
import { type DataEdge, type Found, findDataEdges } from '../onvif/search.ts';
import type { OnvifSession } from '../onvif/session.ts';
import {
  type FootageAnswer,
  type FootageQuestion,
  type FootageSource,
  type Held,
  type HeldPart,
  type RecorderClock,
  readRecorderClock,
} from './footage-source.ts';
import { presence } from './presence.ts';
import { type ChosenRecording, chooseListed } from './recording-choice.ts';
import type { Stretch } from './spans.ts';

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
      parts.push(await heldIn(asked, (window) => edgesOf(session, recording, { window, clock, signal })));
    }
    held.push({ recording: recording.token, camera: recording.camera, parts });
  }
  const { utcOffsetMinutes, aheadMs } = clock;
  return { method: profileGEvents.name, utcOffsetMinutes, aheadMs, complete, held };
}

/** Footage that goes on without an edge for longer than this is rarer than a recorder that does not say how things stood at the start. */
const tellingMs = 30 * 86_400_000;

/** Where the start is not told, only an edge before the window tells it: then one is looked for. */
async function heldIn(asked: Stretch, edgesIn: (window: Stretch) => Promise<Edges>): Promise<HeldPart> {
  const isLong = asked.to - asked.from >= tellingMs;
  const told = await edgesIn(asked);
  if (isLong || told.items.some(({ startState }) => startState)) return partOf(asked, told, asked);
  const window = { from: asked.from - 3 * tellingMs, to: asked.to };
  return partOf(asked, await edgesIn(window), window);
}

function partOf(asked: Stretch, { items, complete }: Edges, window: Stretch): HeldPart {
  // ONVIF has a device tell at least how things stood at the start: one that says nothing at all keeps no such events.
  if (complete && items.length === 0) throw new DeviceError('not-supported', 'FindEvents: the recorder keeps no events of its footage');
  return { asked, stretches: presence(items, window), complete };
}

type Edges = Found<DataEdge>;

async function edgesOf(
  session: OnvifSession,
  recording: ChosenRecording,
  { window, clock, signal }: { window: { from: number; to: number }; clock: RecorderClock; signal: AbortSignal },
): Promise<Edges> {
  const asked = { recording: recording.token, from: clock.theirs(window.from), to: clock.theirs(window.to) };
  const { items, complete } = await findDataEdges(session, asked, { signal });
  return { items: items.filter(isVideo(recording)).map((edge) => ({ ...edge, at: clock.ours(edge.at) })), complete };
}

/** A microphone's track is no footage; where the recorder does not tell its tracks apart, all count. */
function isVideo({ videoTracks }: ChosenRecording): (edge: DataEdge) => boolean {
  return ({ track }) => videoTracks.length === 0 || track === '' || videoTracks.includes(track);
}
