import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createAccount } from '../../gateway/onvif/account.ts';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createOnvifSession, type OnvifSession } from '../../gateway/onvif/session.ts';
import { parseXml } from '../../gateway/onvif/xml-node.ts';
import { probeFootage } from '../../gateway/probes/footage.ts';
import { readFiles, readTitles } from '../../gateway/recorders/dahua-cgi.ts';
import { readChannelNames, readSearchPage, readTracks } from '../../gateway/recorders/hikvision-isapi.ts';
import { readTimeLabel, writeTimeLabel, zoneInDoubt } from '../../gateway/recorders/time-label.ts';
import { readChannelInfos, readRecords } from '../../gateway/recorders/uniview-lapi.ts';
import type { FaultName } from '../simulators/faults.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';
import type { VendorName } from '../simulators/vendors/index.ts';
import { bodyOf, clockAnswer, httpDevice, soap, soapFault } from './onvif-raw-device.ts';

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

describe.each([
  ['hikvision', 'hikvision-isapi'],
  ['dahua', 'dahua-cgi'],
  ['uniview', 'uniview-lapi'],
] as const)('a %s recorder without Profile G', (vendor, method) => {
  let media: Media;
  let recorder: SimulatedRecorder;
  const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
  const stove = { name: 'cam-stove', days: 12, gaps: [{ daysAgo: 3, from: '08:00', to: '09:30' }, { daysAgo: 5 }] };
  const hall = { name: 'cam-hall', days: 4 };
  beforeAll(async () => {
    media = await prepareMedia();
  });
  afterEach(() => recorder.close());

  async function start(options: Partial<RecorderOptions> & { fault?: FaultName; vendor?: VendorName } = {}) {
    recorder = await createRecorder({ media, channels: [stove, hall], vendor, now, ...options });
    if (options.fault !== undefined) await recorder.faults.set(options.fault);
  }

  async function look(options: { daysAsked?: number; cameras?: string[]; recordings?: Record<string, string>; password?: string } = {}) {
    const { daysAsked = 6, cameras = ['cam-stove', 'cam-hall'], recordings = {}, password = recorder.password } = options;
    const session = createOnvifSession({ address: recorder.onvifUrl, credentials: { username: recorder.username, password }, now });
    const device = { id: 'nvr', kind: 'recorder' as const, session, cameras, recordings };
    return (await probeFootage(device, { signal: AbortSignal.timeout(25_000), now, daysAsked })).footage;
  }

  test('tells day by day what it holds, every hole of it, and of which camera', async () => {
    await start();
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true } });
    const [ofStove, ofHall] = seen.ok ? seen.value.recordings : [];
    expect(ofStove).toMatchObject({
      camera: 'cam-stove',
      recording: '1',
      oldest: '2026-11-17T04:00:00.000Z',
      newest: '2026-11-23T04:00:00.000Z',
      gapCount: 2,
      gaps: [
        { from: '2026-11-17T16:00:00.000Z', to: '2026-11-18T16:00:00.000Z' },
        { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T01:30:00.000Z' },
      ],
    });
    expect(ofStove?.days.map(({ day, recordedSeconds }) => [day, recordedSeconds])).toEqual([
      ['2026-11-17', 43_200],
      ['2026-11-18', 0],
      ['2026-11-19', 86_400],
      ['2026-11-20', 81_000],
      ['2026-11-21', 86_400],
      ['2026-11-22', 86_400],
      ['2026-11-23', 43_200],
    ]);
    expect(ofHall).toMatchObject({ camera: 'cam-hall', recording: '2', gapCount: 0, oldest: '2026-11-18T16:00:00.000Z' });
  });

  test('that lacks a whole day at its newest end says so', async () => {
    await start({ channels: [{ name: 'cam-stove', gaps: [{ daysAgo: 1 }, { daysAgo: 0 }] }] });
    const seen = await look({ cameras: ['cam-stove'], daysAsked: 3 });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ newest: '2026-11-21T16:00:00.000Z' }] } });
  });

  test.each([3600, -3600])('whose clock is %i seconds ahead is understood in our time', async (seconds) => {
    await start();
    await recorder.faults.set('clock-ahead', seconds);
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { complete: true } });
    const [ofStove] = seen.ok ? seen.value.recordings : [];
    const told = [ofStove?.oldest, ofStove?.gaps[1]?.from, ofStove?.newest].map((at) => Date.parse(at ?? ''));
    const real = ['2026-11-17T04:00:00Z', '2026-11-20T00:00:00Z', '2026-11-23T04:00:00Z'].map((at) => Date.parse(at));
    // The clock is known to half a second, and labels have whole seconds.
    for (const [index, at] of real.entries()) expect(Math.abs((told[index] ?? 0) - at)).toBeLessThanOrEqual(2000);
  });

  test('that keeps nothing of one camera says so, unless it only refuses to answer', async () => {
    await start({ channels: [{ name: 'cam-stove', days: 0, gaps: [{ daysAgo: 0 }] }, hall] });
    const complete = vendor !== 'dahua';
    expect(await look({ daysAsked: 2 })).toMatchObject({ ok: true, value: { complete, recordings: [{ gapCount: 0 }, { gapCount: 0 }] } });
  });

  test('is asked only about the cameras it keeps, by the channels the installer named', async () => {
    await start({ channels: [{ name: 'D1' }, { name: 'D2', days: 1 }] });
    const seen = await look({ daysAsked: 2, cameras: ['kitchen-1'], recordings: { 'kitchen-1': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ camera: 'kitchen-1', recording: '2' }] } });
  });

  test('that lists recordings by ONVIF is asked the maker’s way for a channel the installer named', async () => {
    await start({ profileG: true });
    const seen = await look({ daysAsked: 2, cameras: ['kitchen-1'], recordings: { 'kitchen-1': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ camera: 'kitchen-1', recording: '2' }] } });
  });

  test('finds by its name the camera whose ONVIF recording the installer named', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    const seen = await look({ daysAsked: 2, recordings: { 'cam-hall': 'Recording_2' } });
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ recording: '1' }, { camera: 'cam-hall' }] } });
  });

  test('has proven nothing of a camera of which only an ONVIF recording is named', async () => {
    await start();
    const seen = await look({ daysAsked: 1, cameras: [], recordings: { 'kitchen-1': 'Recording_1', 'kitchen-2': '2' } });
    expect(seen).toMatchObject({ ok: true, value: { complete: false, recordings: [{ camera: 'kitchen-2' }] } });
  });

  test.each([
    ['a channel it does not have', { cameras: ['kitchen-1'], recordings: { 'kitchen-1': 'Recording_1' } }],
    ['a camera it does not name', { cameras: ['kitchen-1'] }],
  ])('asked about %s is not said to keep nothing', async (_, asked) => {
    await start();
    expect(await look({ daysAsked: 1, ...asked })).toMatchObject({ ok: false, fault: 'not-supported' });
  });

  test('that names only some of its cameras has proven nothing of the others', async () => {
    await start();
    expect(await look({ daysAsked: 1, cameras: ['cam-hall', 'kitchen-1'] })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that shows not a single file has not shown that it keeps none', async () => {
    await start({ channels: [{ name: 'cam-hall', days: 0, gaps: [{ daysAgo: 0 }] }] });
    expect(await look({ daysAsked: 2, cameras: ['cam-hall'] })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that never finishes its answer has proven nothing', async () => {
    await start({ fault: 'footage-truncated' });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('under another name on its lid is found out by harmless questions', async () => {
    await start({ identity: { manufacturer: 'Everybody’s NVR' } });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { method, complete: true } });
  });

  test('that knows only the ends by ONVIF is asked the maker’s way for the middle', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { method, complete: true, recordings: [{ gapCount: 2 }, { gapCount: 0 }] } });
  });

  test('is left alone where ONVIF tells all', async () => {
    await start({ profileG: true });
    expect(await look({ daysAsked: 2 })).toMatchObject({ ok: true, value: { method: 'profile-g-events', complete: true } });
  });

  test('is told of by its ends where the maker’s way says no more', async () => {
    await start({ profileG: true, fault: 'no-find-events' });
    await recorder.faults.set('footage-truncated');
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { method: 'profile-g-ends', complete: false } });
  });

  test('that refuses the password is asked with it once, and not locked by us', async () => {
    await start({ lockAfter: 3 });
    expect(await look({ password: 'wrong' })).toMatchObject({ ok: false, fault: 'credentials-refused' });
    expect(await look({ daysAsked: 1 })).toMatchObject({ ok: true, value: { complete: true } });
  });

  test.each(['unplugged', 'truncated', 'http-500', 'locked'] as const)('that is %s is not said to keep nothing', async (fault) => {
    await start({ fault });
    expect((await look({ daysAsked: 1 })).ok).toBe(false);
  });

  test('that is busy is said to be busy', async () => {
    await start({ fault: 'busy' });
    expect(await look({ daysAsked: 1 })).toMatchObject(vendor === 'uniview' ? { ok: true } : { ok: false, fault: 'busy' });
  });

  test('is asked for three months in a bounded number of questions', async () => {
    await start({ channels: [{ name: 'cam-stove', days: 92 }] });
    const seen = await look({ daysAsked: 92, cameras: ['cam-stove'] });
    expect(seen).toMatchObject({ ok: true, value: { complete: true, recordings: [{ gapCount: 0, days: { length: 93 } }] } });
  });
});

describe('a recorder that answers oddly', () => {
  const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
  const services =
    '<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://0.0.0.0/m</XAddr></Service></GetServicesResponse>';

  /** Body and status; 200 unless told. */
  type Answer = [string, (number | undefined)?];

  /** `answer` is for what is asked besides ONVIF. */
  async function look(maker: string, answer: (path: string, body: string) => Answer, daysAsked = 2) {
    const asked: string[] = [];
    await using device = await httpDevice(async (request, response) => {
      const body = await bodyOf(request);
      const action = /<s:Body><(\w+)/.exec(body)?.[1];
      if (action === undefined) {
        const path = decodeURI(request.url ?? '');
        asked.push(path);
        const [content, status = 200] = answer(path, body);
        response.writeHead(status).end(content);
      } else if (action === 'GetSystemDateAndTime') response.end(clockAnswer(now(), '<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>'));
      else if (action === 'GetServices') response.end(soap(services));
      else if (action === 'GetDeviceInformation')
        response.end(soap(`<GetDeviceInformationResponse><Manufacturer>${maker}</Manufacturer></GetDeviceInformationResponse>`));
      else response.writeHead(400).end(soapFault('ter:ActionNotSupported'));
    });
    const session = createOnvifSession({ address: device.address, now });
    const { footage } = await probeFootage(
      { id: 'nvr', kind: 'recorder', session },
      { signal: AbortSignal.timeout(25_000), now, daysAsked },
    );
    return { footage, asked };
  }

  const hikvisionWith =
    (files: (from: string, position: number) => string, status: string) =>
    (path: string, body: string): Answer => {
      if (path.endsWith('/tracks')) return ['<TrackList><Track><id>101</id></Track></TrackList>'];
      if (!path.endsWith('/search')) return ['', 404];
      const [, from = ''] = /<startTime>([^<]+)/.exec(body) ?? [];
      const [, position = ''] = /<searchResultPostion>(\d+)/.exec(body) ?? [];
      return [
        `<CMSearchResult><responseStatusStrg>${status}</responseStatusStrg><matchList>${files(from, Number(position))}</matchList></CMSearchResult>`,
      ];
    };
  const file = (from: string, to: string) =>
    `<searchMatchItem><timeSpan><startTime>${from}</startTime><endTime>${to}</endTime></timeSpan></searchMatchItem>`;

  test('of a maker nobody knows gets one harmless question a way, and is left', async () => {
    const { footage, asked } = await look('Somebody', () => ['<html>Not here</html>', 404]);
    expect(footage).toMatchObject({ ok: false, fault: 'not-supported' });
    expect(asked).toEqual([
      '/ISAPI/ContentMgmt/record/tracks',
      '/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle',
      '/LAPI/V1.0/Channels/System/ChannelDetailInfos',
    ]);
  });

  test.each([
    ['HIKVISION', '/ISAPI/'],
    ['Dahua', '/cgi-bin/'],
    ['UNIVIEW', '/LAPI/'],
  ])('of the maker %s is asked in no other way than %s', async (maker, prefix) => {
    const { asked } = await look(maker, () => ['', 404]);
    expect(asked.map((path) => path.startsWith(prefix))).toEqual([true]);
  });

  test('that forbids what it does not have gets one harmless question a way, and its password is not called wrong', async () => {
    const { footage, asked } = await look('Somebody', () => ['', 403]);
    expect(footage).toMatchObject({ ok: false, fault: 'not-supported' });
    expect(asked).toHaveLength(3);
  });

  test('that forbids only the list of names is asked on', async () => {
    const known = hikvisionWith(() => file('2026-11-22T16:00:00+00:00', '2026-11-23T03:59:00+00:00'), 'OK');
    const { footage } = await look('HIKVISION', (path, body) => (path.includes('InputProxy') ? ['', 403] : known(path, body)));
    expect(footage).toMatchObject({ ok: true, value: { complete: true } });
  });

  test('whose labels may be local time or UTC has proven nothing', async () => {
    // Recorded to this minute in UTC, or to eight hours ago.
    const { footage } = await look(
      'HIKVISION',
      hikvisionWith(() => file('2026-11-22T16:00:00Z', '2026-11-23T03:59:00Z'), 'OK'),
    );
    expect(footage).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('whose labels name their zone is believed', async () => {
    const { footage } = await look(
      'HIKVISION',
      hikvisionWith(() => file('2026-11-22T16:00:00+00:00', '2026-11-23T03:59:00+00:00'), 'OK'),
    );
    expect(footage).toMatchObject({ ok: true, value: { complete: true, recordings: [{ newest: '2026-11-23T03:59:00.000Z' }] } });
  });

  test('whose clock was set in the middle of a file has not kept the years between', async () => {
    const { footage } = await look(
      'HIKVISION',
      hikvisionWith(() => file('2000-01-01T00:00:09Z', '2026-11-23T11:59:00Z'), 'OK'),
    );
    expect(footage).toMatchObject({
      ok: true,
      value: { complete: false, recordings: [{ gapCount: 0, days: [{ recordedSeconds: 0 }, {}, {}] }] },
    });
  });

  test('that counts more files than it gives has proven nothing', async () => {
    const counted = (path: string, body: string): Answer => {
      const [content, status] = hikvisionWith(() => file('2026-11-22T16:00:00+00:00', '2026-11-23T03:59:00+00:00'), 'OK')(path, body);
      return [content.replace('<matchList>', '<numOfMatches>2</numOfMatches><matchList>'), status];
    };
    expect((await look('HIKVISION', counted)).footage).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that always has more is asked a bounded number of questions', async () => {
    const { footage, asked } = await look(
      'HIKVISION',
      hikvisionWith((from) => file(from, from.replace('00:00Z', '59:00Z')), 'MORE'),
    );
    expect(footage).toMatchObject({ ok: true, value: { complete: false } });
    expect(asked.length).toBeLessThan(200);
  });

  test('that breaks off in the middle of its files still gets its finder destroyed', async () => {
    const { footage, asked } = await look('Dahua', (path) => {
      if (path.includes('ChannelTitle')) return ['table.ChannelTitle[0].Name=A'];
      if (path.includes('factory.create')) return ['result=7'];
      return path.includes('findNextFile') ? ['', 500] : ['OK'];
    });
    expect(footage).toMatchObject({ ok: false, fault: 'http-error' });
    expect(asked.at(-1)).toBe('/cgi-bin/mediaFileFind.cgi?action=destroy&object=7');
  });

  test('that gives fewer files than it announces has proven nothing', async () => {
    const { footage } = await look('Dahua', (path) => {
      if (path.includes('ChannelTitle')) return ['table.ChannelTitle[0].Name=A'];
      if (path.includes('factory.create')) return ['result=7'];
      if (!path.includes('findNextFile')) return ['OK'];
      return ['found=3\r\nitems[0].Channel=0\r\nitems[0].StartTime=2026-11-22 08:00:00\r\nitems[0].EndTime=2026-11-22 09:00:00'];
    });
    expect(footage).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that pays no heed to the offset has proven nothing', async () => {
    const data = { RecordInfos: [{ Begin: Date.UTC(2026, 10, 22) / 1000, End: Date.UTC(2026, 10, 22, 1) / 1000 }] };
    const { footage } = await look('UNIVIEW', (path) => {
      const list = path.includes('ChannelDetailInfos') ? { DetailInfos: [{ ID: 1 }] } : data;
      return [JSON.stringify({ Response: { ResponseCode: 0, Data: list } })];
    });
    expect(footage).toMatchObject({ ok: true, value: { complete: false } });
  });

  /** Without a network in between. What `soap` does not hold is not supported. */
  function sessionOf(soap: Record<string, string>, fetch: OnvifSession['fetch']): OnvifSession {
    const account = createAccount(undefined, Date.now);
    return {
      address: 'device',
      credentials: undefined,
      account,
      streams: account.door(),
      streamAddress: () => undefined,
      services: async () => new Map(),
      readClock: async () => ({ clock: { offsetSeconds: 0, uncertaintySeconds: 0 }, roundTripMs: 0 }),
      call: async ({ action }) => {
        const content = soap[action];
        if (content === undefined) throw new DeviceError('not-supported', action);
        return parseXml(`<Response>${content}</Response>`);
      },
      fetch,
    };
  }
  const lapi = (data: unknown) => ({
    status: 200,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ Response: { ResponseCode: 0, Data: data } })),
  });
  const isUniview = { GetDeviceInformation: '<Manufacturer>UNIVIEW</Manufacturer>' };
  async function lookThrough(session: OnvifSession, daysAsked = 2) {
    return (await probeFootage({ id: 'nvr', kind: 'recorder', session }, { signal: AbortSignal.timeout(25_000), now, daysAsked })).footage;
  }

  test('of many channels is not asked without end', async () => {
    let asked = 0;
    const channels = Array.from({ length: 64 }, (_, index) => ({ ID: index + 1 }));
    const session = sessionOf(isUniview, async (path) => {
      asked += 1;
      return lapi(path.includes('DetailInfos') ? { DetailInfos: channels } : { RecordInfos: [] });
    });
    expect(await lookThrough(session, 398)).toMatchObject({ ok: true, value: { complete: false } });
    expect(asked).toBeLessThan(10_100);
  });

  test('that lists no recordings by ONVIF and keeps footage all the same is asked the maker’s way', async () => {
    const records = [{ Begin: Date.UTC(2026, 10, 22, 3) / 1000, End: Date.UTC(2026, 10, 22, 9) / 1000 }];
    const session = sessionOf({ ...isUniview, GetRecordings: '' }, async (path) =>
      lapi(path.includes('DetailInfos') ? { DetailInfos: [{ ID: 1 }] } : { RecordInfos: path.endsWith('Offset=0') ? records : [] }),
    );
    expect(await lookThrough(session)).toMatchObject({ ok: true, value: { method: 'uniview-lapi', recordings: [{ recording: '1' }] } });
  });

  test('is told of by its ends where the maker’s way fails', async () => {
    const search = {
      FindRecordings: '<SearchToken>1</SearchToken>',
      GetRecordingSearchResults:
        '<ResultList><SearchState>Completed</SearchState><RecordingInformation><RecordingToken>R</RecordingToken></RecordingInformation></ResultList>',
    };
    const session = sessionOf({ ...isUniview, ...search }, async () => {
      throw new DeviceError('no-answer', 'silence');
    });
    expect(await lookThrough(session)).toMatchObject({ ok: true, value: { method: 'profile-g-ends', complete: false } });
  });
});
