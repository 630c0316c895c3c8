// A recording as the Profile G services show it: one video track of one channel.
import type { FootageLog } from '../footage.ts';
import type { Channel } from './channels.ts';
import { invalidArgument } from './soap.ts';
import { type Xml, xml } from './xml.ts';
import { instant } from './xsd-values.ts';

export interface Recording {
  token: string;
  channel: Channel;
  log: FootageLog;
  /** Where the recorder fetches the picture, as its own list of cameras would say; anything a person reads. */
  location: string;
  replayPath: string;
}

/** The one track of every recording. */
export const trackToken = 'VIDEO001';

export function recordingAsked(recordings: readonly Recording[], token: string): Recording {
  const recording = recordings.find((one) => one.token === token);
  if (recording === undefined) throw invalidArgument('InvalidToken', `There is no recording "${token}".`);
  return recording;
}

/** What is inside a RecordingSourceInformation. */
export function sourceInformation({ token, channel, location }: Recording): Xml {
  return xml`<tt:SourceId>urn:mingzao:simulator:${token}</tt:SourceId><tt:Name>${channel.name}</tt:Name><tt:Location>${location}</tt:Location>
    <tt:Description>${channel.name}</tt:Description><tt:Address/>`;
}

/** A track that holds nothing is not shown. */
export function trackInformation(recording: Recording, tag: Xml): Xml | undefined {
  const ends = endsOf(recording);
  if (ends === undefined) return undefined;
  return xml`<${tag}><tt:TrackToken>${trackToken}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description>Video</tt:Description>
    <tt:DataFrom>${instant(ends.from)}</tt:DataFrom><tt:DataTo>${instant(ends.to)}</tt:DataTo></${tag}>`;
}

/** Oldest and newest moment held; undefined where nothing is. */
export function endsOf({ log }: Recording): { from: number; to: number } | undefined {
  const footage = log.footage();
  const [first, last] = [footage[0], footage.at(-1)];
  return first === undefined || last === undefined ? undefined : { from: first.from, to: last.to };
}
