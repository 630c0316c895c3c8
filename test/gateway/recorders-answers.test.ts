// What recorders answer in their makers’ own ways, read without a recorder.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { readFiles, readTitles } from '../../gateway/recorders/dahua-cgi.ts';
import { readChannelNames, readSearchPage, readTracks } from '../../gateway/recorders/hikvision-isapi.ts';
import { readTimeLabel, writeTimeLabel, zoneInDoubt } from '../../gateway/recorders/time-label.ts';
import { readChannelInfos, readRecords } from '../../gateway/recorders/uniview-lapi.ts';
import { outside } from '../../gateway/recorders/week.ts';

const china = 480;

describe('a label of time', () => {
  test.each([
    ['2026-11-22T08:00:00Z', '2026-11-22T00:00:00.000Z', false],
    ['2026-11-22T08:00:00', '2026-11-22T00:00:00.000Z', false],
    ['2026-11-22 08:00:00', '2026-11-22T00:00:00.000Z', false],
    ['2026-1-2 8:00:00', '2026-01-02T00:00:00.000Z', false],
    ['2026-11-22T24:00:00Z', '2026-11-22T16:00:00.000Z', false],
    ['2026-11-22T08:00:00+08:00', '2026-11-22T00:00:00.000Z', true],
    ['2026-11-22T08:00:00.250-05:30', '2026-11-22T13:30:00.000Z', true],
  ])('%s is read', (text, at, zoned) => {
    const label = readTimeLabel(text, china);
    expect([new Date(label?.at ?? 0).toISOString(), label?.zoned]).toEqual([at, zoned]);
  });

  test.each(['', 'now', '2026-02-30 08:00:00', '2026-13-01 08:00:00', '0000-00-00 00:00:00', '2026-11-22 25:00:00', '2026-11-22'])(
    '"%s" is no time',
    (text) => expect(readTimeLabel(text, china)).toBeUndefined(),
  );

  test('that is written is read again as the same second, in any zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e9 }), fc.integer({ min: -840, max: 840 }), (seconds, offset) => {
        const at = seconds * 1000 + 86_400_000;
        expect(readTimeLabel(writeTimeLabel(at, offset), offset)).toEqual({ at, zoned: false });
      }),
    );
  });

  const hour = 3_600_000;
  test.each([
    ['local, still recording', 0, china, false],
    ['local, stopped an hour ago', -hour, china, false],
    ['local and stopped just as long ago as the zone is wide, or UTC and still recording', -8 * hour, china, true],
    ['stopped for a day in either reading', -24 * hour, china, false],
    ['from the future', hour, china, true],
    ['west of Greenwich, local', 0, -300, false],
    ['west of Greenwich, UTC', 5 * hour, -300, true],
    ['at Greenwich', 0, 0, false],
  ])('that says UTC: %s', (_, newest, utcOffsetMinutes, doubt) => {
    const now = Date.UTC(2026, 10, 23);
    expect(zoneInDoubt({ newest: now + newest, now, utcOffsetMinutes })).toBe(doubt);
  });
});

describe('the schedule of a Hikvision track', () => {
  const action = (from: string, to: string, actions = '<Record>true</Record><ActionRecordingMode>CMR</ActionRecordingMode>') => {
    const time = (text: string) => text.replace(/(\S+) (\S+)/, '<DayOfWeek>$1</DayOfWeek><TimeOfDay>$2</TimeOfDay>');
    return `<ScheduleAction><ScheduleActionStartTime>${time(from)}</ScheduleActionStartTime><ScheduleActionEndTime>${time(to)}</ScheduleActionEndTime><Actions>${actions}</Actions></ScheduleAction>`;
  };
  const listed = (...actions: string[]) => `<ScheduleBlockList><ScheduleBlock>${actions.join('')}</ScheduleBlock></ScheduleBlockList>`;
  const track = (id: string, schedule: string, more = '') =>
    `<Track><id>${id}</id>${more}<TrackSchedule>${schedule}</TrackSchedule></Track>`;
  const weekOf = (...tracks: string[]) => readTracks(`<TrackList>${tracks.join('')}</TrackList>`)[0]?.week;
  const night = action('Sunday 22:00:00', 'Monday 06:00:00');

  test.each([
    ['a whole day', listed(action('Tuesday 00:00:00', 'Tuesday 24:00:00')), [{ from: 1440, to: 2880 }]],
    ['a whole day that ends as the next begins', listed(action('Tuesday 00:00:00', 'Wednesday 00:00:00')), [{ from: 1440, to: 2880 }]],
    [
      'a night from one week into the next',
      listed(night),
      [
        { from: 9960, to: 10_080 },
        { from: 0, to: 360 },
      ],
    ],
    ['a place that is not used', listed(action('Monday 00:00:00', 'Monday 00:00:00')), []],
    ['motion only', listed(action('Monday 00:00:00', 'Monday 24:00:00', '<ActionRecordingMode>MOTION</ActionRecordingMode>')), []],
    ['a time set to record nothing', listed(action('Monday 00:00:00', 'Monday 24:00:00', '<Record>false</Record>')), []],
    ['an older model’s', `<ScheduleBlock>${action('Monday 07:30:00', 'Monday 22:00:00', '')}</ScheduleBlock>`, [{ from: 450, to: 1320 }]],
    ['a day of no week', listed(action('Feiertag 00:00:00', 'Feiertag 24:00:00')), undefined],
    ['a time of no day', listed(action('Monday 00:00:00', 'Monday 24:30:00')), undefined],
    ['nothing', '', undefined],
  ])('%s is read', (_, schedule, week) => expect(weekOf(track('101', schedule))).toEqual(week));

  test('counts for nothing where the track is switched off, and for a channel only where all its tracks tell theirs', () => {
    const all = listed(action('Monday 00:00:00', 'Monday 24:00:00'));
    expect(weekOf(track('101', all, '<Enable>false</Enable>'))).toEqual([]);
    expect(weekOf(track('101', all), track('103', listed(night)))).toHaveLength(3);
    expect(weekOf(track('101', all), track('103', ''))).toBeUndefined();
  });

  test('leaves out of any stretch of time what it does not cover, by the recorder’s wall clock', () => {
    // Monday 2026-11-23 in China begins on Sunday at 16:00 UTC.
    const monday = Date.UTC(2026, 10, 22, 16);
    const hours = (from: number, to: number) => ({ from: monday + from * 3_600_000, to: monday + to * 3_600_000 });
    const day = [{ from: 450, to: 1320 }];
    expect(outside(day, hours(0, 24), china)).toEqual([hours(0, 7.5), hours(22, 24)]);
    expect(outside(day, hours(-168, 8), china)).toEqual([hours(-168, -160.5), hours(-146, 7.5)]);
    expect(outside([{ from: 0, to: 10_080 }], hours(-400, 400), china)).toEqual([]);
    expect(outside([], hours(3, 4), china)).toEqual([hours(3, 4)]);
  });
});

describe('what Hikvision recorders answer', () => {
  const match = (more = '', times = ['2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z']) =>
    `<searchMatchItem>${more}<timeSpan><startTime>${times[0]}</startTime><endTime>${times[1]}</endTime></timeSpan></searchMatchItem>`;
  const page = (matches: string, status = '<responseStatusStrg>OK</responseStatusStrg>') =>
    readSearchPage(`<CMSearchResult>${status}<matchList>${matches}</matchList></CMSearchResult>`, '101', china);

  test.each([
    ['<responseStatusStrg>OK</responseStatusStrg>', 'last'],
    ['<responseStatusStrp>ok</responseStatusStrp>', 'last'],
    ['<responseStatusStrip>MORE</responseStatusStrip>', 'more'],
    ['<responseStatusStrg>NO MATCHES</responseStatusStrg>', 'unknown'],
    ['<responseStatusStrg>FAILED</responseStatusStrg>', 'unknown'],
    ['', 'unknown'],
  ])('%s above a file means: %s', (said, status) => expect(page(match(), said)).toMatchObject({ status, matches: 1 }));

  test('no matches at all are the last page', () => {
    expect(page('', '<responseStatusStrg>NO MATCHES</responseStatusStrg>')).toMatchObject({ status: 'last', whole: true, files: [] });
  });

  test.each([
    ['a still picture', '<mediaSegmentDescriptor><contentType>picture</contentType></mediaSegmentDescriptor>'],
    ['a file of another track', '<trackID>201</trackID>'],
  ])('%s is no footage', (_, more) => expect(page(match(more))).toMatchObject({ files: [], whole: true, matches: 1 }));

  test('a file whose time cannot be read leaves the page incomplete', () => {
    expect(page(match('', ['2026-11-22T08:00:00Z', 'later']))).toMatchObject({ files: [], whole: false });
  });

  test('a page that holds less than it counts is incomplete', () => {
    expect(page(match(), '<responseStatusStrg>OK</responseStatusStrg><numOfMatches>2</numOfMatches>').whole).toBe(false);
  });

  test('only the tracks of the main stream belong to a channel', () => {
    const tracks = ['101', '102', '103', '201', 'x', '1'].map((id) => `<Track><id>${id}</id></Track>`).join('');
    expect(readTracks(`<TrackList>${tracks}</TrackList>`).map(({ token, videoTracks }) => [token, videoTracks])).toEqual([
      ['1', ['101', '103']],
      ['2', ['201']],
    ]);
  });

  test('a channel is known by its name', () => {
    const channel = '<InputProxyChannel><id>1</id><name>灶台</name></InputProxyChannel>';
    expect(readChannelNames(`<InputProxyChannelList>${channel}</InputProxyChannelList>`).get('1')).toEqual(['灶台']);
  });
});

describe('what Dahua recorders answer', () => {
  const item = (channel: number, from = '2026-11-22 08:00:00') =>
    `items[0].Channel=${channel}\r\nitems[0].StartTime=${from}\r\nitems[0].EndTime=2026-11-22 09:00:00\r\n`;
  const asked = { channel: '2', utcOffsetMinutes: china };

  test('asked for channel 2, a file of channel 1 counted from 0 is the one', () => {
    expect(readFiles(`found=1\r\n${item(1)}`, asked)).toEqual({
      found: 1,
      files: [{ from: Date.UTC(2026, 10, 22, 0), to: Date.UTC(2026, 10, 22, 1) }],
    });
  });
  test.each([
    ['of the number asked for, which may be the next channel', item(2)],
    ['of another channel', item(5)],
    ['with a time that is none', item(1, '2026-11-31 08:00:00')],
    ['cut off in the middle', 'items[0].Channel=1\r\nitems[0].StartTime=2026-11-22 08:00:00\r\n'],
  ])('a file %s is left out, and so missing from what was announced', (_, lines) => {
    expect(readFiles(`found=1\r\n${lines}`, asked)).toEqual({ found: 1, files: [] });
  });
  test('spaces as in the maker’s own manual do no harm', () => {
    expect(readFiles(`found=1\n${item(1).replaceAll('].', ']. ').replaceAll('=', ' =')}`, asked).files).toHaveLength(1);
  });
  test('titles are counted from 0, channels from 1', () => {
    expect(readTitles('table.ChannelTitle[0].Name=灶台\r\ntable.ChannelTitle[1].Name=\r\nother=1\r\n')).toEqual([
      { token: '1', sources: ['灶台'], videoTracks: [] },
      { token: '2', sources: [], videoTracks: [] },
    ]);
  });
});

describe('what Uniview recorders answer', () => {
  const answer = (data: unknown, code = 0) => JSON.stringify({ Response: { ResponseCode: code, Data: data } });
  const records = [
    { Begin: 10, End: 20 },
    { Begin: 20, End: 30 },
  ];
  test.each([
    ['a page that counts itself', { Nums: 2, RecordInfos: records }, { total: undefined, whole: true }],
    ['a count of all pages', { Nums: 5, RecordInfos: records }, { total: 5, whole: true }],
    ['a total', { Nums: 2, Total: 7, List: records }, { total: 7, whole: true }],
    ['a record without its end', { Nums: 2, RecordInfos: [records[0], { Begin: 20 }] }, { total: undefined, whole: false }],
    ['nothing', { Nums: 0 }, { total: undefined, whole: true }],
    ['null', null, { total: undefined, whole: true }],
  ])('%s', (_, data, expected) => expect(readRecords(answer(data))).toMatchObject(expected));

  test.each([
    ['a fault of its own', answer(null, 1), 'soap-fault'],
    ['a page to sign in at', '<html>', 'malformed'],
    ['half an answer', answer({}).slice(0, 20), 'malformed'],
  ])('%s is a fault', (_, text, fault) => {
    expect(() => readRecords(text)).toThrow(expect.objectContaining({ fault }));
  });

  test('a channel is known by its name', () => {
    const infos = { DetailInfos: [{ ID: 3, Name: '灶台' }, { Name: 'nobody' }] };
    expect(readChannelInfos(answer(infos))).toEqual([{ token: '3', sources: ['灶台'], videoTracks: [] }]);
  });
});

test.each([
  ['readSearchPage', (text: string) => readSearchPage(text, '101', china)],
  ['readTracks', readTracks],
  ['readFiles', (text: string) => readFiles(text, { channel: '1', utcOffsetMinutes: china })],
  ['readTitles', readTitles],
  ['readRecords', readRecords],
  ['readChannelInfos', readChannelInfos],
] as const)('%s takes whatever is sent, and fails as a fault of the device if at all', (_, read) => {
  const words = fc.constantFrom(
    ...['<CMSearchResult>', '</CMSearchResult>', '<matchList>', '<Track><id>101</id></Track>', '<TrackList>', '</TrackList>', '&bad;'],
    ...['found=9999999', 'items[0].StartTime=', '__proto__=1', '{"Response":{"ResponseCode":0,"Data":', '[{"Begin":1e99}]', '}}', '\0'],
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.oneof(words, fc.string())).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (sent) => {
      try {
        read(sent);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(DeviceError);
      }
    }),
  );
});
