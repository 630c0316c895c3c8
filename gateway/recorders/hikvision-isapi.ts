// Asks Hikvision recorders for footage by their ISAPI: the tracks that are recorded, then the files of each, searched by day.
import { DeviceError } from '../onvif/device-error.ts';
import { xml } from '../onvif/markup.ts';
import type { RecordingListed, WeekPart } from '../onvif/recording.ts';
import { child, children, numberOf, parseXml, textOf, type XmlNode } from '../onvif/xml-node.ts';
import { readTrackWeek } from './hikvision-schedule.ts';
import { type AskedRecorder, type ChannelDay, type DayFound, forbidden, makerSource, playedMs } from './maker-source.ts';
import type { Stretch } from './spans.ts';
import { readTimeLabel, type TimeLabel, writeTimeLabel } from './time-label.ts';

export const hikvisionIsapi = makerSource({ name: 'hikvision-isapi', makers: /hik|海康/i, readChannels, readDay, playbackPath });

/** What the maker's own pages ask for; larger pages are cut short without a word by some models. */
const pageSize = 40;
const pagesMax = 60;

/** Track 101 is the main stream of channel 1. Some models write the same channel to 103 as well; 102 is the sub stream, and no evidence. */
const kindsOfTrack = ['01', '03'];

async function readChannels(recorder: AskedRecorder): Promise<RecordingListed[]> {
  const channels = readTracks((await recorder.fetch('/ISAPI/ContentMgmt/record/tracks')).body.toString('utf8'));
  // Recorders of analogue cameras have no such list, and then no names.
  const named = await recorder.fetch('/ISAPI/ContentMgmt/InputProxy/channels', { answers: [400, forbidden, 404, 500] });
  const names = named.status === 200 ? readChannelNames(named.body.toString('utf8')) : new Map<string, string[]>();
  return channels.map((channel) => ({ ...channel, sources: names.get(channel.token) ?? [] }));
}

/** A TrackList as channels; the tracks of each are its `videoTracks`. Throws DeviceError `malformed`. */
export function readTracks(text: string): RecordingListed[] {
  const list = rootOf(text, 'TrackList');
  const tracks = children(list, 'Track').flatMap((track) => {
    const [token, channel, kind = ''] = /^(\d{1,3})(\d\d)$/.exec(textOf(track, 'id') ?? '') ?? [];
    return token === undefined || channel === undefined || !kindsOfTrack.includes(kind) ? [] : [{ token, channel, track }];
  });
  return [...Map.groupBy(tracks, ({ channel }) => channel)].map(([channel, own]) => ({
    token: channel,
    sources: [],
    videoTracks: own.map(({ token }) => token),
    ...weekOf(own.map(({ track }) => readTrackWeek(track))),
  }));
}

/** Footage may be on any of the tracks. */
function weekOf(weeks: (WeekPart[] | undefined)[]): Pick<RecordingListed, 'week'> {
  return weeks.includes(undefined) ? {} : { week: weeks.flatMap((week) => week ?? []) };
}

/** What the recorder calls its channels. Throws DeviceError `malformed`. */
export function readChannelNames(text: string): Map<string, string[]> {
  const list = rootOf(text, 'InputProxyChannelList');
  return new Map(
    children(list, 'InputProxyChannel').map((channel) => [textOf(channel, 'id') ?? '', [textOf(channel, 'name') ?? []].flat()]),
  );
}

async function readDay(recorder: AskedRecorder, { channel, day }: ChannelDay): Promise<DayFound> {
  const found: DayFound[] = [];
  for (const track of channel.videoTracks) found.push(await searchTrack(recorder, { track, day }));
  return {
    stretches: found.flatMap(({ stretches }) => stretches),
    complete: found.every(({ complete }) => complete),
    zoneAssumed: found.some(({ zoneAssumed }) => zoneAssumed),
  };
}

/** Each file is on one of a channel's tracks only. Times are written as in a search. */
async function playbackPath(recorder: AskedRecorder, { channel, at }: { channel: string; at: number }): Promise<string> {
  const tracks = kindsOfTrack.map((kind) => `${channel}${kind}`);
  let holder = tracks[0];
  for (const track of tracks) {
    const { stretches } = await searchTrack(recorder, { track, day: { from: at, to: at + playedMs } });
    if (!stretches.some(({ from, to }) => from <= at && at < to)) continue;
    holder = track;
    break;
  }
  const label = (time: number) => timeLabel(time, recorder.utcOffsetMinutes).replaceAll(/[-:]/g, '');
  return `/Streaming/tracks/${holder}?starttime=${label(at)}&endtime=${label(at + playedMs)}`;
}

async function searchTrack(recorder: AskedRecorder, about: { track: string; day: Stretch }): Promise<DayFound> {
  // The pages of one search are known by it; with another it would be another search.
  const id = crypto.randomUUID();
  const found: DayFound = { stretches: [], complete: false, zoneAssumed: false };
  for (let page = 0, position = 0; page < pagesMax; page += 1) {
    const result = await searchPage(recorder, { ...about, id, position });
    found.stretches.push(...result.files.map(({ from, to }) => ({ from: from.at, to: to.at })));
    found.zoneAssumed ||= result.files.some(({ from, to }) => !from.zoned || !to.zoned);
    if (!result.whole || result.status === 'unknown') return found;
    // A full page is not believed to be the last, whatever the recorder says.
    if (result.status === 'last' && result.matches < pageSize) return { ...found, complete: true };
    if (result.matches === 0) return found;
    position += result.matches;
  }
  return found;
}

async function searchPage(recorder: AskedRecorder, about: Search): Promise<SearchPage> {
  const body = searchDescription(about, recorder.utcOffsetMinutes);
  const answer = await recorder.fetch('/ISAPI/ContentMgmt/search', { post: { contentType: 'application/xml', body }, answers: [503] });
  if (answer.status === 503) throw new DeviceError('busy', 'the recorder has room for one search at a time, and another is under way');
  return readSearchPage(answer.body.toString('utf8'), about.track, recorder.utcOffsetMinutes);
}

interface Search {
  id: string;
  track: string;
  day: Stretch;
  position: number;
}

/** The `Z` stands behind the recorder's local time: so the maker's own pages write it. */
function timeLabel(at: number, utcOffsetMinutes: number): string {
  return `${writeTimeLabel(at, utcOffsetMinutes).replace(' ', 'T')}Z`;
}

/** `Postion` is the maker's spelling. */
function searchDescription({ id, track, day, position }: Search, utcOffsetMinutes: number): string {
  const label = (at: number) => timeLabel(at, utcOffsetMinutes);
  return xml`<?xml version="1.0" encoding="utf-8"?><CMSearchDescription><searchID>${id}</searchID><trackList><trackID>${track}</trackID></trackList><timeSpanList><timeSpan><startTime>${label(day.from)}</startTime><endTime>${label(day.to - 1000)}</endTime></timeSpan></timeSpanList><maxResults>${pageSize}</maxResults><searchResultPostion>${position}</searchResultPostion><metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList></CMSearchDescription>`
    .xml;
}

export interface SearchPage {
  files: { from: TimeLabel; to: TimeLabel }[];
  /** Everything the recorder counted into this page is there and could be read. */
  whole: boolean;
  /** How many the recorder gave, footage or not: the next page begins behind them. */
  matches: number;
  status: 'last' | 'more' | 'unknown';
}

/** A CMSearchResult. Throws DeviceError `malformed`. */
export function readSearchPage(text: string, track: string, utcOffsetMinutes: number): SearchPage {
  const result = rootOf(text, 'CMSearchResult');
  const items = children(child(result, 'matchList'), 'searchMatchItem');
  const footage = items.filter((item) => isFootage(item, track));
  const files = footage.flatMap((item) => fileOf(item, utcOffsetMinutes) ?? []);
  const counted = numberOf(result, 'numOfMatches') ?? items.length;
  return {
    files,
    whole: files.length === footage.length && counted === items.length,
    matches: items.length,
    status: statusOf(result, items.length),
  };
}

/** The third track also holds still pictures, told as matches like any other. Some models pay no heed to the track asked for. */
function isFootage(item: XmlNode, track: string): boolean {
  const content = textOf(item, 'mediaSegmentDescriptor', 'contentType')?.toLowerCase();
  const isVideo = content === undefined ? track.endsWith('01') : content.includes('video');
  return isVideo && (textOf(item, 'trackID') ?? track) === track;
}

function fileOf(item: XmlNode, utcOffsetMinutes: number): { from: TimeLabel; to: TimeLabel } | undefined {
  const [from, to] = ['startTime', 'endTime'].map((name) => readTimeLabel(textOf(item, 'timeSpan', name), utcOffsetMinutes));
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** The name of the element is spelt in three ways by firmwares; one that says nothing has not said that this is all. */
function statusOf(result: XmlNode, matches: number): SearchPage['status'] {
  const said = ['responseStatusStrg', 'responseStatusStrip', 'responseStatusStrp'].flatMap((name) => textOf(result, name) ?? [])[0];
  switch (said?.toUpperCase().replace(/[^A-Z]/g, '')) {
    case 'OK':
      return 'last';
    case 'NOMATCHES':
      return matches === 0 ? 'last' : 'unknown';
    case 'MORE':
      return 'more';
    default:
      return 'unknown';
  }
}

function rootOf(text: string, name: string): XmlNode {
  const root = parseXml(text);
  if (root.name !== name) throw new DeviceError('malformed', `asked for a ${name}, the recorder answers with ${root.name}`);
  return root;
}
