// The ONVIF Recording Search service: what a recorder holds, and when it held it.
import type { Faults } from '../faults.ts';
import { bitrateLimit } from './channels.ts';
import { namespaces } from './namespaces.ts';
import { notificationContent } from './notification.ts';
import { type RecordingEvent, searchEvents } from './recording-events.ts';
import { endsOf, type Recording, recordingAsked, sourceInformation, trackInformation, trackToken } from './recordings.ts';
import { createSearchSessions, type SearchKind } from './search-sessions.ts';
import type { Action, Service } from './service.ts';
import { argument, invalidArgument, SoapFault } from './soap.ts';
import { topicFilter } from './topics.ts';
import { child, descendants, type Element, tagName, textAt, type Xml, xml } from './xml.ts';
import { instant, parseDuration, parseInstant } from './xsd-values.ts';

export interface SearchOptions {
  recordings: readonly Recording[];
  faults: Faults;
  now(): number;
  maxSessions: number;
  /** Most results in one answer. */
  pageMax: number;
  /** What FindEvents knows: every edge, or only the first and last of each recording. */
  history: 'full' | 'ends-only';
}

export function searchService(options: SearchOptions): Service {
  const { recordings, faults, now } = options;
  const sessions = createSearchSessions({
    max: options.maxSessions,
    pageMax: options.pageMax,
    now,
    truncates: () => faults.has('footage-truncated'),
    busy: () => faults.has('busy'),
  });

  function start(kind: SearchKind, action: Element, results: readonly Xml[]): Xml {
    const keepAliveMs = durationOf(argument(action, 'KeepAliveTime'), 'KeepAliveTime');
    const maxMatches = countOf(action, 'MaxMatches');
    const token = sessions.start({ kind, results: results.slice(0, maxMatches), keepAliveMs });
    return xml`<tse:SearchToken>${token}</tse:SearchToken>`;
  }

  const results =
    (kind: SearchKind, tag: Xml): Action =>
    ({ action }) => {
      const page = sessions.next({ token: argument(action, 'SearchToken'), kind, limit: countOf(action, 'MaxResults') });
      return xml`<${tag}><tse:ResultList><tt:SearchState>${page.state}</tt:SearchState>${page.results}</tse:ResultList></${tag}>`;
    };

  function findEvents(action: Element): readonly Xml[] {
    if (faults.has('no-find-events')) throw new SoapFault('Receiver', ['ActionNotSupported'], 'This device does not implement FindEvents.');
    const endPoint = textAt(action, 'EndPoint');
    return searchEvents({
      recordings: inScope(recordings, child(action, 'Scope')),
      from: timeOf(argument(action, 'StartPoint')),
      to: endPoint === undefined ? now() : timeOf(endPoint),
      includeStartState: argument(action, 'IncludeStartState') === 'true',
      wants: topicFilter(child(action, 'SearchFilter')),
      endsOnly: options.history === 'ends-only',
      now: now(),
    }).map(eventResult);
  }

  return {
    namespace: namespaces.tse,
    path: '/onvif/search_service',
    version: { major: 21, minor: 6 },
    capabilities: () => capabilities,
    open: ['GetServiceCapabilities'],
    actions: {
      GetServiceCapabilities: () => xml`<tse:GetServiceCapabilitiesResponse>${capabilities}</tse:GetServiceCapabilitiesResponse>`,
      GetRecordingSummary: () => summary(recordings, now()),
      GetRecordingInformation: ({ action }) => {
        const recording = recordingAsked(recordings, argument(action, 'RecordingToken'));
        return xml`<tse:GetRecordingInformationResponse>${recordingInformation(recording, tagName('tse:RecordingInformation'))}</tse:GetRecordingInformationResponse>`;
      },
      GetMediaAttributes: ({ action }) => {
        const time = timeOf(argument(action, 'Time'));
        const tokens = descendants(action, 'RecordingTokens').map(({ text }) => text);
        const chosen = tokens.length === 0 ? recordings : tokens.map((token) => recordingAsked(recordings, token));
        return xml`<tse:GetMediaAttributesResponse>${chosen.flatMap((recording) => mediaAttributes(recording, time) ?? [])}</tse:GetMediaAttributesResponse>`;
      },
      FindRecordings: ({ action }) => {
        const found = inScope(recordings, child(action, 'Scope'));
        const written = found.map((recording) => recordingInformation(recording, tagName('tt:RecordingInformation')));
        return xml`<tse:FindRecordingsResponse>${start('recordings', action, written)}</tse:FindRecordingsResponse>`;
      },
      GetRecordingSearchResults: results('recordings', tagName('tse:GetRecordingSearchResultsResponse')),
      FindEvents: ({ action }) => xml`<tse:FindEventsResponse>${start('events', action, findEvents(action))}</tse:FindEventsResponse>`,
      GetEventSearchResults: results('events', tagName('tse:GetEventSearchResultsResponse')),
      GetSearchState: ({ action }) => {
        sessions.keepAlive(argument(action, 'SearchToken'));
        return xml`<tse:GetSearchStateResponse><tse:State>Searching</tse:State></tse:GetSearchStateResponse>`;
      },
      EndSearch: ({ action }) => {
        sessions.end(argument(action, 'SearchToken'));
        return xml`<tse:EndSearchResponse><tse:Endpoint>${instant(now())}</tse:Endpoint></tse:EndSearchResponse>`;
      },
    },
  };
}

/** Sources and recordings named add up; without either all are meant. */
function inScope(recordings: readonly Recording[], scope: Element | undefined): Recording[] {
  const sources = scope === undefined ? [] : descendants(scope, 'IncludedSources').map((source) => textAt(source, 'Token'));
  const tokens = scope === undefined ? [] : descendants(scope, 'IncludedRecordings').map(({ text }) => text);
  for (const token of tokens) recordingAsked(recordings, token);
  const all = sources.length + tokens.length === 0;
  return recordings
    .filter(({ token, channel }) => all || tokens.includes(token) || sources.includes(channel.source) || sources.includes(channel.profile))
    .filter(() => filterAllows(textAt(scope, 'RecordingInformationFilter')));
}

/** Of the XPath dialect only what clients really send: that there be a track of one type. Every recording here has one, of video. */
function filterAllows(filter: string | undefined): boolean {
  if (filter === undefined || filter === '') return true;
  const [, type] = /^boolean\(\s*\/\/Track\[\s*TrackType\s*=\s*["'](\w+)["']\s*\]\s*\)$/.exec(filter) ?? [];
  if (type === undefined)
    throw new SoapFault(
      'Sender',
      ['InvalidArgVal', 'InvalidFilterFault'],
      'This device only filters by boolean(//Track[TrackType = "…"]).',
    );
  return type === 'Video';
}

function summary(recordings: readonly Recording[], now: number): Xml {
  const ends = recordings.flatMap((recording) => endsOf(recording) ?? []);
  const from = ends.length === 0 ? now : Math.min(...ends.map((end) => end.from));
  const until = ends.length === 0 ? now : Math.max(...ends.map((end) => end.to));
  return xml`<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>${instant(from)}</tt:DataFrom><tt:DataUntil>${instant(until)}</tt:DataUntil>
    <tt:NumberRecordings>${recordings.length}</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>`;
}

function recordingInformation(recording: Recording, tag: Xml): Xml {
  const ends = endsOf(recording);
  return xml`<${tag}><tt:RecordingToken>${recording.token}</tt:RecordingToken><tt:Source>${sourceInformation(recording)}</tt:Source>
    ${ends && xml`<tt:EarliestRecording>${instant(ends.from)}</tt:EarliestRecording><tt:LatestRecording>${instant(ends.to)}</tt:LatestRecording>`}
    <tt:Content>${recording.channel.name}</tt:Content>${trackInformation(recording, tagName('tt:Track'))}
    <tt:RecordingStatus>${recording.log.recording() ? 'Recording' : 'Stopped'}</tt:RecordingStatus></${tag}>`;
}

function mediaAttributes(recording: Recording, time: number): Xml | undefined {
  const span = recording.log.footage().find(({ from, to }) => time >= from && time < to);
  if (span === undefined) return undefined;
  const { codec, width, height, framesPerSecond } = recording.channel.clip();
  return xml`<tse:MediaAttributes><tt:RecordingToken>${recording.token}</tt:RecordingToken>
    <tt:TrackAttributes>${trackInformation(recording, tagName('tt:TrackInformation'))}
    <tt:VideoAttributes><tt:Bitrate>${bitrateLimit}</tt:Bitrate><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height>
    <tt:Encoding>${codec.toUpperCase()}</tt:Encoding><tt:Framerate>${framesPerSecond}</tt:Framerate></tt:VideoAttributes></tt:TrackAttributes>
    <tt:From>${instant(span.from)}</tt:From><tt:Until>${instant(span.to)}</tt:Until></tse:MediaAttributes>`;
}

function eventResult({ recording, startState, notification }: RecordingEvent): Xml {
  return xml`<tt:Result><tt:RecordingToken>${recording.token}</tt:RecordingToken><tt:TrackToken>${trackToken}</tt:TrackToken>
    <tt:Time>${instant(notification.time)}</tt:Time><tt:Event>${notificationContent(notification)}</tt:Event>
    <tt:StartStateEvent>${startState}</tt:StartStateEvent></tt:Result>`;
}

function timeOf(text: string): number {
  const time = parseInstant(text);
  if (time === undefined) throw invalidArgument('InvalidArgs', `"${text}" is not a time.`);
  return time;
}

function durationOf(text: string, name: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw invalidArgument('InvalidArgs', `${name} "${text}" is not a duration.`);
  return duration;
}

/** An optional number of things; without it there is no limit. */
function countOf(action: Element, name: string): number {
  const text = textAt(action, name);
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d*$/.test(text)) throw invalidArgument('InvalidArgs', `${name} "${text}" is not a number of things.`);
  return Number(text);
}

const capabilities: Xml = xml`<tse:Capabilities MetadataSearch="false" GeneralStartEvents="false"/>`;
