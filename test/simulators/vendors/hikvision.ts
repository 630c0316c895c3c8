// ISAPI as Hikvision recorders have it: two tracks to a channel, pages by position, one search at a time, local times with a `Z` behind them.
import type { HttpAnswer } from '../onvif/delivery.ts';
import type { PageAsked } from '../onvif/http-device.ts';
import { child, type Element, parseXml, textAt, type Xml, xml } from '../onvif/xml.ts';
import { filesOf, fromWallClock, type Moment, momentIn, type Vendor, type VendorParts, wallClock } from './vendor.ts';

/** Fewer than a client may ask for. */
const pageMax = 10;
const fileMs = 3_600_000;
const spanMax = 86_400_000;

export const hikvision: Vendor = { manufacturer: 'HIKVISION', model: 'DS-7608NI-SIM', pages, played };

function pages(parts: VendorParts) {
  const answers = new Map<string, (asked: PageAsked) => HttpAnswer>([
    ['/ISAPI/ContentMgmt/record/tracks', () => answer(200, trackList(parts))],
    ['/ISAPI/ContentMgmt/Storage/hdd', () => answer(200, hddList(parts))],
    ['/ISAPI/ContentMgmt/InputProxy/channels', () => answer(200, channelList(parts))],
    ['/ISAPI/ContentMgmt/search', (asked) => search(asked, parts)],
  ]);
  return (path: string) => answers.get(path) ?? (path.startsWith('/ISAPI/') ? () => status(404, 'notSupport') : undefined);
}

/** 01 is the main stream, 02 the sub stream; some models write the main stream to 03 as well, where still pictures lie too. */
function trackList({ recordings, disk, faults }: VendorParts): Xml {
  const tracks = recordings.flatMap((_, index) => ['01', '02', '03'].map((kind) => `${index + 1}${kind}`));
  const schedule = weekSchedule(faults.has('short-schedule'));
  const limit = disk.retentionDays === 0 ? [] : xml`<Duration>P${disk.retentionDays}DT0H</Duration>`;
  return xml`<TrackList version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">${tracks.map(
    (id) =>
      xml`<Track><id>${id}</id><Channel>${id}</Channel><Enable>true</Enable>${limit}<LoopEnable>${disk.overwrites}</LoopEnable>${schedule}</Track>`,
  )}</TrackList>`;
}

/** Each day has places for several times; those left over begin and end at midnight. */
function weekSchedule(isShort: boolean): Xml {
  const times = isShort
    ? [
        { from: '07:30:00', to: '22:00:00', mode: 'CMR' },
        { from: '22:00:00', to: '24:00:00', mode: 'MOTION' },
        { from: '00:00:00', to: '00:00:00', mode: 'CMR' },
      ]
    : [{ from: '00:00:00', to: '24:00:00', mode: 'CMR' }];
  const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
  const actions = days.flatMap((day) =>
    times.map(
      ({ from, to, mode }) => xml`<ScheduleAction>
        <ScheduleActionStartTime><DayOfWeek>${day}</DayOfWeek><TimeOfDay>${from}</TimeOfDay></ScheduleActionStartTime>
        <ScheduleActionEndTime><DayOfWeek>${day}</DayOfWeek><TimeOfDay>${to}</TimeOfDay></ScheduleActionEndTime>
        <Actions><Record>true</Record><ActionRecordingMode>${mode}</ActionRecordingMode></Actions></ScheduleAction>`,
    ),
  );
  return xml`<TrackSchedule><ScheduleBlockList><ScheduleBlock>${actions}</ScheduleBlock></ScheduleBlockList></TrackSchedule>`;
}

/** Sizes in megabytes; the second slot is empty. */
function hddList({ disk, faults }: VendorParts): Xml {
  const hdd = (id: number, status: string, size: { capacity: number; free: number }) =>
    xml`<hdd><id>${id}</id><hddName>hdd${id}</hddName><hddType>SATA</hddType><status>${status}</status>
      <capacity>${Math.floor(size.capacity / 1.048576)}</capacity><freeSpace>${Math.floor(size.free / 1.048576)}</freeSpace><property>RW</property></hdd>`;
  const { capacityGigabytes, freeGigabytes } = disk;
  return xml`<hddList version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
    ${hdd(1, faults.has('disk-broken') ? 'error' : 'ok', { capacity: capacityGigabytes * 1000, free: freeGigabytes * 1000 })}
    ${hdd(2, 'notexist', { capacity: 0, free: 0 })}</hddList>`;
}

function channelList({ recordings }: VendorParts): Xml {
  return xml`<InputProxyChannelList version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">${recordings.map(
    ({ channel }, index) => xml`<InputProxyChannel><id>${index + 1}</id><name>${channel.name}</name></InputProxyChannel>`,
  )}</InputProxyChannelList>`;
}

function search({ body }: PageAsked, parts: VendorParts): HttpAnswer {
  const description = parseXml(body);
  const track = textAt(description, 'trackList', 'trackID') ?? '';
  const span = child(child(description, 'timeSpanList'), 'timeSpan');
  const [from, to] = ['startTime', 'endTime'].map((name) => fromWallClock(textAt(span, name) ?? '', parts.clock));
  if (from === undefined || to === undefined || !(to - from <= spanMax)) return status(400, 'badXmlContent');
  if (parts.faults.has('busy')) return status(503, 'deviceBusy');
  return answer(200, searchResult(matches(track, { from, to }, parts), description, parts));
}

interface Match {
  from: number;
  to: number;
  content: 'video' | 'picture';
}

/** Files go to both tracks by turns. */
function matches(track: string, { from, to }: { from: number; to: number }, { recordings, clock, now }: VendorParts): Match[] {
  const [, channel, kind] = /^(\d+)(\d\d)$/.exec(track) ?? [];
  const files = filesOf(recordings[Number(channel) - 1], { clock, now, from, to, fileMs });
  const turn = kind === '01' ? 0 : 1;
  const video = files.filter((file) => Math.floor(file.from / fileMs) % 2 === turn).map((file) => ({ ...file, content: 'video' as const }));
  return kind === '03' ? [...video, { from, to, content: 'picture' }] : video;
}

/** Times without separators, and local in spite of the `Z`. */
function played({ path, query }: { path: string; query: URLSearchParams }, parts: VendorParts): Moment | undefined {
  const track = /^\/Streaming\/tracks\/(\d+)$/.exec(path)?.[1];
  const [from, to] = ['starttime', 'endtime'].map((name) => {
    const text = (query.get(name) ?? '').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
    return fromWallClock(text, parts.clock);
  });
  if (track === undefined || from === undefined || to === undefined) return undefined;
  const files = matches(track, { from, to }, parts).filter(({ content }) => content === 'video');
  return momentIn(files, { recording: parts.recordings[Number(track.slice(0, -2)) - 1], from });
}

function searchResult(found: readonly Match[], description: Element | undefined, { clock, faults }: VendorParts): Xml {
  // Spelt so by the vendor.
  const position = faults.has('footage-truncated') ? 0 : Number(textAt(description, 'searchResultPostion') ?? 0);
  const page = found.slice(position, position + Math.min(Number(textAt(description, 'maxResults') ?? pageMax), pageMax));
  const more = faults.has('footage-truncated') || position + page.length < found.length;
  const label = (time: number) => `${wallClock(time, clock).replace(' ', 'T')}Z`;
  return xml`<CMSearchResult version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
    <searchID>${textAt(description, 'searchID')}</searchID><responseStatus>true</responseStatus>
    <responseStatusStrg>${more ? 'MORE' : page.length === 0 ? 'NO MATCHES' : 'OK'}</responseStatusStrg>
    <numOfMatches>${page.length}</numOfMatches><matchList>${page.map(
      ({ from, to, content }) => xml`<searchMatchItem><trackID>${textAt(description, 'trackList', 'trackID')}</trackID>
        <timeSpan><startTime>${label(from)}</startTime><endTime>${label(to)}</endTime></timeSpan>
        <mediaSegmentDescriptor><contentType>${content}</contentType></mediaSegmentDescriptor></searchMatchItem>`,
    )}</matchList></CMSearchResult>`;
}

function status(code: number, subStatusCode: string): HttpAnswer {
  return answer(code, xml`<ResponseStatus><statusCode>4</statusCode><subStatusCode>${subStatusCode}</subStatusCode></ResponseStatus>`);
}

function answer(code: number, content: Xml): HttpAnswer {
  return {
    status: code,
    headers: { 'content-type': 'application/xml; charset="UTF-8"' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${content.markup}`,
  };
}
