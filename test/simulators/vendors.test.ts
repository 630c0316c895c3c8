import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCanteen } from './canteen.ts';
import { type Media, prepareMedia } from './media.ts';
import { ask, challengesOf, digestAuthorization, usernameToken } from './onvif/soap-client.ts';
import { descendants, parseXml } from './onvif/xml.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from './recorder.ts';

const account = { username: 'admin', password: 'simulator' };
const now = () => Date.parse('2026-11-23T04:00:00Z');
let media: Media;
let recorder: SimulatedRecorder;

beforeAll(async () => {
  media = await prepareMedia();
});
afterEach(() => recorder.close());

async function start(vendor: RecorderOptions['vendor'], options: Partial<RecorderOptions> = {}): Promise<void> {
  const channels = [{ name: '制餐区', days: 3, gaps: [{ daysAgo: 2 }] }];
  recorder = await createRecorder({ media, ...account, channels, vendor, now, ...options });
}

async function page(path: string, body?: string): Promise<{ status: number; text: string }> {
  const method = body === undefined ? 'GET' : 'POST';
  const url = new URL(path, recorder.onvifUrl);
  const [challenge = ''] = challengesOf((await fetch(url, { method, body: body ?? null })).headers);
  const authorization = digestAuthorization({ ...account, method, uri: `${url.pathname}${url.search}`, challenge });
  const response = await fetch(url, { method, body: body ?? null, headers: { authorization } });
  return { status: response.status, text: await response.text() };
}

const information = async () => {
  const token = usernameToken(account, now());
  return (await ask(recorder.onvifUrl, '<tds:GetDeviceInformation/>', { header: token })).all('Manufacturer')[0];
};

describe.each([
  ['hikvision', 'HIKVISION', '/ISAPI/ContentMgmt/record/tracks'],
  ['dahua', 'Dahua', '/cgi-bin/mediaFileFind.cgi?action=factory.create'],
  ['uniview', 'UNIVIEW', '/LAPI/V1.0/Channels/System/ChannelDetailInfos'],
] as const)('a simulated %s recorder', (vendor, manufacturer, path) => {
  it('bears its maker’s name and has no Profile G', async () => {
    await start(vendor);
    expect(await information()).toBe(manufacturer);
    const services = await ask(
      recorder.onvifUrl,
      '<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>',
    );
    expect(services.all('Namespace').filter((name) => /search|recording|replay/.test(name))).toEqual([]);
  });

  it('answers nobody who is not signed in', async () => {
    await start(vendor);
    expect((await fetch(new URL(path, recorder.onvifUrl))).status).toBe(401);
    expect((await page(path)).status).toBe(200);
  });
});

describe('a simulated Hikvision recorder', () => {
  const search = (track: string, day: string, position = 0, to = `${day}T23:59:59Z`) =>
    page(
      '/ISAPI/ContentMgmt/search',
      `<CMSearchDescription><searchID>1</searchID><trackList><trackID>${track}</trackID></trackList><timeSpanList><timeSpan><startTime>${day}T00:00:00Z</startTime><endTime>${to}</endTime></timeSpan></timeSpanList><maxResults>40</maxResults><searchResultPostion>${position}</searchResultPostion></CMSearchDescription>`,
    );
  const read = ({ text }: { text: string }, name: string) => {
    const root = parseXml(text);
    return root === undefined ? [] : descendants(root, name).map((element) => element.text);
  };

  it('gives a day of one track in pages, in local times labelled as UTC', async () => {
    await start('hikvision');
    const first = await search('101', '2026-11-22');
    expect([read(first, 'responseStatusStrg'), read(first, 'numOfMatches')]).toEqual([['MORE'], ['10']]);
    expect(read(first, 'startTime').slice(0, 2)).toEqual(['2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z']);
    const second = await search('101', '2026-11-22', 10);
    expect([read(second, 'responseStatusStrg'), read(second, 'endTime').at(-1)]).toEqual([['OK'], '2026-11-22T23:00:00Z']);
  });

  it('has the other hours on the third track, and still pictures beside them', async () => {
    await start('hikvision');
    const found = await search('103', '2026-11-22', 10);
    expect([read(found, 'contentType'), read(found, 'endTime')[1]]).toEqual([['video', 'video', 'picture'], '2026-11-23T00:00:00Z']);
  });

  it('says of a day without footage that nothing matches, and refuses more than a day', async () => {
    await start('hikvision');
    expect(read(await search('101', '2026-11-21'), 'responseStatusStrg')).toEqual(['NO MATCHES']);
    expect((await search('101', '2026-11-21', 0, '2026-11-22T12:00:00Z')).status).toBe(400);
  });
});

describe('a simulated Dahua recorder', () => {
  const finder = (query: string) => page(`/cgi-bin/mediaFileFind.cgi?${query}`);
  const find = (day: string) =>
    finder(
      `action=findFile&object=1&condition.Channel=1&condition.StartTime=${day}%2000:00:00&condition.EndTime=${day}%2023:59:59&condition.Types[0]=dav`,
    );

  it('gives files in pages until it has found none, the channel counted from 0', async () => {
    await start('dahua');
    expect((await finder('action=factory.create')).text).toBe('result=1\r\n');
    expect((await find('2026-11-22')).text).toBe('OK\r\n');
    const pages = [];
    for (let index = 0; index < 4; index += 1) pages.push((await finder('action=findNextFile&object=1&count=100')).text.split('\r\n'));
    expect(pages.map(([found]) => found)).toEqual(['found=20', 'found=20', 'found=8', 'found=0']);
    expect(pages[0]?.slice(1, 4)).toEqual([
      'items[0].Channel=0',
      'items[0].StartTime=2026-11-22 00:00:00',
      'items[0].EndTime=2026-11-22 00:30:00',
    ]);
  });

  it('says by a bad request that a day has no footage', async () => {
    await start('dahua');
    await finder('action=factory.create');
    expect((await find('2026-11-21')).status).toBe(400);
  });

  it('has no finder left until one is destroyed', async () => {
    await start('dahua');
    for (const status of [200, 200, 400]) expect((await finder('action=factory.create')).status).toBe(status);
    await finder('action=close&object=1');
    expect((await finder('action=factory.create')).status).toBe(400);
    await finder('action=destroy&object=1');
    expect((await finder('action=factory.create')).status).toBe(200);
  });
});

describe('a simulated Uniview recorder', () => {
  it('gives records in pages by offset, in seconds since 1970', async () => {
    await start('uniview');
    const day = Date.parse('2026-11-21T16:00:00Z') / 1000;
    const records = async (offset: number) => {
      const path = `/LAPI/V1.0/Channels/1/Media/Video/Streams/0/Records?Begin=${day}&End=${day + 86_399}&Limit=100&Offset=${offset}`;
      return JSON.parse((await page(path)).text).Response.Data;
    };
    expect(await records(0)).toMatchObject({ Nums: 16, RecordInfos: { 0: { Begin: day, End: day + 3600 } } });
    expect(await records(16)).toMatchObject({ Nums: 8 });
    expect(await records(24)).toEqual({ Nums: 0, RecordInfos: [] });
  });

  it('answers what it does not know with status 599', async () => {
    await start('uniview');
    expect((await page('/LAPI/V1.0/System/BasicInfo')).status).toBe(599);
  });
});

describe('a described recorder', () => {
  it('of a maker runs beside the others', async () => {
    await start(undefined);
    const described = { id: 'nvr', kind: 'recorder', ...account, vendor: 'dahua', channels: [{ name: '制餐区' }] } as const;
    const canteen = await runCanteen(
      { host: '127.0.0.1', controlPort: 0, devices: [{ ...described, channels: [...described.channels] }] },
      { media },
    );
    const url = canteen.devices.get('nvr')?.onvifUrl ?? '';
    const { headers } = await fetch(new URL('/cgi-bin/mediaFileFind.cgi', url));
    expect(challengesOf(headers)).toHaveLength(2);
    await canteen.close();
  });
});
