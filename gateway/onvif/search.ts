// ONVIF's search service: asks in pages for as long as the device has something to say, and always gives the search session back.

import { DeviceError } from './device-error.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { type Markup, xml } from './markup.ts';
import { type RecordingListed, sourcesIn } from './recording.ts';
import type { OnvifSession } from './session.ts';
import { child, children, textOf, type XmlNode } from './xml-node.ts';

/** What a search brought; `complete` only where the device said itself that this is all. */
export interface Found<Item> {
  items: Item[];
  complete: boolean;
}

/** Footage began or ended on one track. Milliseconds since 1970, by the device's clock. */
export interface DataEdge {
  recording: string;
  track: string;
  at: number;
  present: boolean;
  /** Not something that happened then, but how things stood where the search began. */
  startState: boolean;
}

/** What the device says of one recording as a whole. */
export interface RecordingEnds extends RecordingListed {
  earliest?: number;
  latest?: number;
}

interface Options {
  signal: AbortSignal;
}

const pageSize = 200;
const pagesMax = 300;
/** A device that keeps answering `Searching` with nothing in hand is not asked for ever. */
const emptyPagesMax = 20;
/** ONVIF lets a device refuse to keep a search longer than this. */
const keepAlive = 'PT10S';

/** When footage of one recording began and ended between two instants of the device's clock. Throws DeviceError. */
export async function findDataEdges(
  session: OnvifSession,
  about: { recording: string; from: number; to: number },
  options: Options,
): Promise<Found<DataEdge>> {
  const topic = {
    xml: '<wsnt:TopicExpression xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tns1="http://www.onvif.org/ver10/topics" Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RecordingHistory/Track/State</wsnt:TopicExpression>',
  };
  const content = xml`<StartPoint>${formatInstant(about.from)}</StartPoint><EndPoint>${formatInstant(about.to)}</EndPoint><Scope><tt:IncludedRecordings>${about.recording}</tt:IncludedRecordings></Scope><SearchFilter>${topic}</SearchFilter><IncludeStartState>true</IncludeStartState><KeepAliveTime>${keepAlive}</KeepAliveTime>`;
  const { items, complete } = await search(
    session,
    { find: 'FindEvents', content, results: 'GetEventSearchResults', item: 'Result' },
    options,
  );
  return { items: items.flatMap((item) => dataEdge(item, about.recording) ?? []), complete };
}

/** The first and last footage of every recording: its ends, which say nothing of the middle. Throws DeviceError. */
export async function findRecordingEnds(session: OnvifSession, options: Options): Promise<Found<RecordingEnds>> {
  const content = xml`<Scope/><KeepAliveTime>${keepAlive}</KeepAliveTime>`;
  const { items, complete } = await search(
    session,
    { find: 'FindRecordings', content, results: 'GetRecordingSearchResults', item: 'RecordingInformation' },
    options,
  );
  return { items: items.flatMap((item) => recordingEnds(item) ?? []), complete };
}

interface Search {
  find: string;
  content: Markup;
  results: string;
  item: string;
}

async function search(session: OnvifSession, { find, content, results, item }: Search, options: Options): Promise<Found<XmlNode>> {
  const token = textOf(await session.call({ service: 'search', action: find, content }, options), 'SearchToken');
  if (token === undefined) throw new DeviceError('malformed', `${find}: the answer holds no SearchToken`);
  try {
    return await collect(session, { token, results, item }, options);
  } finally {
    await endSearch(session, token);
  }
}

async function collect(
  session: OnvifSession,
  about: { token: string; results: string; item: string },
  options: Options,
): Promise<Found<XmlNode>> {
  const items: XmlNode[] = [];
  const content = xml`<SearchToken>${about.token}</SearchToken><MinResults>1</MinResults><MaxResults>${pageSize}</MaxResults><WaitTime>PT3S</WaitTime>`;
  let empty = 0;
  let completed = false;
  for (let page = 0; page < pagesMax && empty < emptyPagesMax; page += 1) {
    const response = await session.call({ service: 'search', action: about.results, content }, options).catch((thrown: unknown) => {
      // After `Completed` the session is over, and asking on is a fault: it was all there is.
      if (completed && thrown instanceof DeviceError && thrown.fault === 'soap-fault') return undefined;
      throw thrown;
    });
    const found = children(child(response, 'ResultList'), about.item);
    items.push(...found);
    completed ||= textOf(response, 'ResultList', 'SearchState') === 'Completed';
    // Some devices say `Completed` of their search while a full page of results still waits.
    if (completed && found.length < pageSize) return { items, complete: true };
    empty = found.length === 0 ? empty + 1 : 0;
  }
  return { items, complete: false };
}

/** Search sessions are few: one left open keeps the next reader out until the device starts anew. */
async function endSearch(session: OnvifSession, token: string): Promise<void> {
  try {
    await session.call(
      { service: 'search', action: 'EndSearch', content: xml`<SearchToken>${token}</SearchToken>` },
      { signal: AbortSignal.timeout(2000) },
    );
  } catch {
    // A completed search has ended itself already, and says so with a fault.
  }
}

function dataEdge(result: XmlNode, asked: string): DataEdge | undefined {
  const notification = child(result, 'Event');
  const message = child(notification, 'Message', 'Message');
  const value = simpleItem(child(message, 'Data'), 'IsDataPresent');
  const at = parseInstant(textOf(result, 'Time')) ?? parseInstant(message?.attributes.get('UtcTime'));
  const recording = textOf(result, 'RecordingToken') ?? simpleItem(child(message, 'Source'), 'RecordingToken') ?? asked;
  // Devices that pay no heed to the filter give every event they have.
  if (value === undefined || at === undefined || recording !== asked) return undefined;
  return {
    recording,
    track: textOf(result, 'TrackToken') ?? simpleItem(child(message, 'Source'), 'Track') ?? '',
    at,
    present: /^(true|1)$/i.test(value),
    startState: /^(true|1)$/i.test(textOf(result, 'StartStateEvent') ?? ''),
  };
}

function simpleItem(items: XmlNode | undefined, name: string): string | undefined {
  return children(items, 'SimpleItem')
    .find((item) => item.attributes.get('Name') === name)
    ?.attributes.get('Value');
}

function recordingEnds(information: XmlNode): RecordingEnds | undefined {
  const token = textOf(information, 'RecordingToken');
  if (token === undefined) return undefined;
  const video = children(information, 'Track').filter((track) => textOf(track, 'TrackType') === 'Video');
  const starts = video.flatMap((track) => parseInstant(textOf(track, 'DataFrom')) ?? []);
  const ends = video.flatMap((track) => parseInstant(textOf(track, 'DataTo')) ?? []);
  const earliest = starts.length > 0 ? Math.min(...starts) : parseInstant(textOf(information, 'EarliestRecording'));
  const latest = ends.length > 0 ? Math.max(...ends) : parseInstant(textOf(information, 'LatestRecording'));
  const videoTracks = video.flatMap((track) => textOf(track, 'TrackToken') ?? []);
  const sources = sourcesIn(child(information, 'Source'));
  return { token, sources, videoTracks, ...(earliest === undefined ? {} : { earliest }), ...(latest === undefined ? {} : { latest }) };
}
