// Recorders that answer oddly: what is not told beyond doubt is unknown, and no device is asked without end.
import { describe, expect, test } from 'vitest';
import { createAccount } from '../../gateway/onvif/account.ts';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createOnvifSession, type OnvifSession } from '../../gateway/onvif/session.ts';
import { parseXml } from '../../gateway/onvif/xml-node.ts';
import { probeFootage } from '../../gateway/probes/footage.ts';
import { bodyOf, clockAnswer, httpDevice, soap, soapFault } from './onvif-raw-device.ts';

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
