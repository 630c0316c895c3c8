// What recorders say of their disks, by simulators and as their answers were seen.
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { probeStorage } from '../../gateway/probes/storage.ts';
import { readDevices } from '../../gateway/recorders/dahua-storage.ts';
import { readDurationDays } from '../../gateway/recorders/duration.ts';
import { hikvisionStorage, readDisks, readTrackSettings } from '../../gateway/recorders/hikvision-storage.ts';
import { readContainers } from '../../gateway/recorders/uniview-storage.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';
import { httpDevice } from './onvif-raw-device.ts';

const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
let media: Media;
let recorder: SimulatedRecorder;
beforeAll(async () => {
  media = await prepareMedia();
});
afterEach(() => recorder?.close());

async function start(options: Partial<RecorderOptions>) {
  recorder = await createRecorder({ media, channels: [{ name: 'cam-hall' }], now, ...options });
}

async function look(password = recorder.password) {
  const session = createOnvifSession({ address: recorder.onvifUrl, credentials: { username: recorder.username, password }, now });
  return (await probeStorage({ id: 'nvr', kind: 'recorder', session }, { signal: AbortSignal.timeout(20_000), now })).storage;
}

describe.each([
  ['hikvision', 'hikvision-isapi'],
  ['dahua', 'dahua-cgi'],
  ['uniview', 'uniview-lapi'],
] as const)('a %s recorder', (vendor, method) => {
  test('tells how large its disk is, how much of it is free, and that it is sound', async () => {
    await start({ vendor, disk: { capacityGigabytes: 4000, freeGigabytes: 1000 } });
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { method, disks: [{ state: 'ok' }] } });
    const { capacityBytes = 0, freeBytes = 0 } = seen.ok ? seen.value : {};
    // Some tell whole megabytes only.
    expect(Math.abs(capacityBytes - 4e12)).toBeLessThan(2e6);
    expect(Math.abs(freeBytes - 1e12)).toBeLessThan(2e6);
  });

  test('with a broken disk says so, and counts no room on it', async () => {
    await start({ vendor });
    await recorder.faults.set('disk-broken');
    const seen = await look();
    expect(seen).toMatchObject({ ok: true, value: { disks: [{ state: 'fault' }] } });
    expect(seen.ok && seen.value.capacityBytes).toBeUndefined();
  });

  test('under another name on its lid is found out', async () => {
    await start({ vendor, identity: { manufacturer: 'Everybody’s NVR' } });
    expect(await look()).toMatchObject({ ok: true, value: { method } });
  });

  test('that breaks off has not said that it tells of no disks', async () => {
    await start({ vendor });
    await recorder.faults.set('truncated');
    expect(await look()).toMatchObject({ ok: false, fault: expect.not.stringMatching('not-supported') });
  });

  test('that refuses the password is asked with it once, and not locked by us', async () => {
    await start({ vendor, lockAfter: 3 });
    expect(await look('wrong')).toMatchObject({ ok: false, fault: 'credentials-refused' });
    expect(await look()).toMatchObject({ ok: true });
  });
});

test('a Hikvision recorder also tells whether it overwrites, and the limit it is set to', async () => {
  await start({ vendor: 'hikvision', disk: { overwrites: false, retentionDays: 30 } });
  expect(await look()).toMatchObject({ ok: true, value: { overwrites: false, retentionDaysMax: 30 } });
});

test.each([
  ['are no XML', 200, 'ok'],
  ['are not there', 404, 'ok'],
  ['are refused, as a password is', 401, 'credentials-refused'],
])('the disks of a Hikvision recorder whose tracks %s: %i, %s', async (_, status, expected) => {
  await using device = await httpDevice((request, response) => {
    if (request.url === '/ISAPI/ContentMgmt/Storage/hdd')
      return void response.end(
        '<hddList><hdd><id>1</id><capacity>10</capacity><freeSpace>5</freeSpace><status>ok</status></hdd></hddList>',
      );
    response.writeHead(status).end('<TrackList><Track>');
  });
  const session = createOnvifSession({ address: device.address, now });
  const disks = await hikvisionStorage.read(session, { signal: AbortSignal.timeout(20_000) }).then(
    (told) => told.disks.map(({ state }) => state).join(),
    (thrown: unknown) => (thrown instanceof DeviceError ? thrown.fault : thrown),
  );
  expect(disks).toBe(expected);
});

test('a recorder with ONVIF alone tells of no disk, at most its limit', async () => {
  await start({});
  expect(await look()).toMatchObject({ ok: false, fault: 'not-supported' });
  await recorder.close();
  await start({ disk: { retentionDays: 60 } });
  expect(await look()).toEqual({ ok: true, value: { method: 'profile-g', retentionDaysMax: 60, disks: [] } });
});

describe('as such answers were seen', () => {
  test('an hddList inside the description of all storage is read', () => {
    const hdd = (status: string, more = '<property>RW</property>') =>
      `<hdd><id>1</id><hddName>hdda</hddName><status>${status}</status><capacity>1000</capacity><freeSpace>0</freeSpace>${more}</hdd>`;
    const read = (...hdds: string[]) => readDisks(`<storage><hddList>${hdds.join('')}</hddList></storage>`);
    expect(read(hdd('ok'))).toEqual([{ name: 'hdda', state: 'ok', said: 'ok', room: { capacityBytes: 1000 * 1024 * 1024, freeBytes: 0 } }]);
    expect(read(hdd('notexist'))).toEqual([]);
    expect(read(hdd('unformatted'), hdd('smartFailed'), hdd('idle')).map(({ state }) => state)).toEqual(['unknown', 'fault', 'ok']);
    expect(read(hdd('ok', '<property>Redund</property>'))[0]?.room).toBeUndefined();
  });

  test('of tracks that differ the worst for the footage counts', () => {
    const track = (duration: string, loop: boolean) => `<Track><Duration>${duration}</Duration><LoopEnable>${loop}</LoopEnable></Track>`;
    expect(readTrackSettings(`<TrackList>${track('P30DT0H', true)}${track('P0DT0H', false)}</TrackList>`)).toEqual({
      overwrites: false,
      retentionDaysMax: 30,
    });
    expect(readTrackSettings('<TrackList><Track><id>101</id></Track></TrackList>')).toEqual({});
  });

  const partition = (disk: number, index: number, bytes: number, used: number, isError = false) =>
    `list.info[${disk}].Detail[${index}].TotalBytes=${bytes}.000000\nlist.info[${disk}].Detail[${index}].UsedBytes=${used}.000000\nlist.info[${disk}].Detail[${index}].IsError=${isError}\n`;
  const device = (disk: number, name: string, state: string) => `list.info[${disk}].Name=${name}\nlist.info[${disk}].State=${state}\n`;

  test('partitions make up a disk, and one with an error breaks it', () => {
    const two = (isError: boolean) =>
      readDevices(partition(0, 0, 10, 4) + partition(0, 1, 5, 5, isError) + device(0, '/dev/sda', 'Success'));
    expect(two(false)).toEqual([{ name: '/dev/sda', state: 'ok', said: 'Success', room: { capacityBytes: 15, freeBytes: 6 } }]);
    expect(two(true)[0]?.state).toBe('fault');
  });

  test('the disks of an array do not count beside it', () => {
    const text = partition(0, 0, 10, 4) + device(0, '/dev/sda', 'Success') + partition(1, 0, 20, 4) + device(1, '/dev/md0', 'Degraded');
    expect(readDevices(text).map(({ state, room }) => [state, room?.capacityBytes])).toEqual([
      ['ok', undefined],
      ['fault', 20],
    ]);
  });

  test('a container is known by the number of its state', () => {
    const answer = (...list: object[]) =>
      JSON.stringify({ Response: { ResponseCode: 0, Data: { LocalHDDNum: list.length, LocalHDDList: list } } });
    const disk = (Status: number, Property = 0) => ({ ID: 1, Status, Property, TotalCapacity: 10, RemainCapacity: 4 });
    const room = { capacityBytes: 10 * 1024 * 1024, freeBytes: 4 * 1024 * 1024 };
    expect(readContainers(answer(disk(3), disk(0), disk(5), disk(1), disk(3, 2)))).toEqual([
      { name: '1', state: 'ok', said: 'healthy', room },
      { name: '1', state: 'fault', said: 'abnormal', room },
      { name: '1', state: 'unknown', said: 'not formatted', room },
      { name: '1', state: 'ok', said: 'healthy', room: undefined },
    ]);
  });

  test.each([
    ['P30DT0H', 30],
    ['PT0S', 0],
    ['P1DT12H', 1.5],
    ['P', undefined],
    ['thirty days', undefined],
  ])('%s is that many days', (text, days) => expect(readDurationDays(text)).toBe(days));

  test.each([
    ['readDisks', readDisks],
    ['readTrackSettings', readTrackSettings],
    ['readDevices', readDevices],
    ['readContainers', readContainers],
  ] as const)('%s takes whatever is sent, and fails as a fault of the device if at all', (_, read) => {
    const words = fc.constantFrom(
      ...['<hddList>', '<hdd><status>ok</status>', '</hdd>', '</hddList>', '<TrackList>', '<Track>', '&bad;', '__proto__=1'],
      ...['list.info[0].Name=/dev/sda\n', 'list.info[0].Detail[0].TotalBytes=NaN\n', '{"Response":{"ResponseCode":0,"Data":', '}}', '\0'],
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
});
