// ONVIF's recording service: which recordings a device keeps, and what they are of.
import { printable } from './device-error.ts';
import type { OnvifSession } from './session.ts';
import { child, children, textOf, type XmlNode } from './xml-node.ts';

export interface RecordingListed {
  token: string;
  /** What the device or its installer wrote about the source: identifiers and names, in no order of trust. */
  sources: string[];
  /** Tokens of the video tracks; empty where the device names none. */
  videoTracks: string[];
  /** When it is set to record without a break, where the device tells. */
  week?: WeekPart[];
}

/** Minutes since the beginning of Monday by the device's wall clock, `to` exclusive and 10,080 at most. */
export interface WeekPart {
  from: number;
  to: number;
}

/** Asks GetRecordings. Throws DeviceError. */
export async function readRecordings(session: OnvifSession, options: { signal: AbortSignal }): Promise<RecordingListed[]> {
  const response = await session.call({ service: 'recording', action: 'GetRecordings' }, options);
  return children(response, 'RecordingItem').flatMap((item) => {
    const token = textOf(item, 'RecordingToken');
    if (token === undefined) return [];
    const sources = sourcesIn(child(item, 'Configuration', 'Source'));
    const tracks = children(child(item, 'Tracks'), 'Track');
    const video = tracks.filter((track) => textOf(track, 'Configuration', 'TrackType') === 'Video');
    return [{ token, sources, videoTracks: video.flatMap((track) => textOf(track, 'TrackToken') ?? []) }];
  });
}

/** Everything a RecordingSourceInformation says. */
export function sourcesIn(source: XmlNode | undefined): string[] {
  return ['SourceId', 'Name', 'Location', 'Description', 'Address'].flatMap((field) => printable(textOf(source, field) ?? '') || []);
}
