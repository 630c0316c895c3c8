import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { probeFootage } from '../../gateway/probes/footage.ts';
import { presence } from '../../gateway/recorders/presence.ts';
import { chooseRecordings } from '../../gateway/recorders/recording-choice.ts';
import { clip, daysOf, duration, holes, merge, startOfDay } from '../../gateway/recorders/spans.ts';
import type { FaultName } from '../simulators/faults.ts';
import { prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';
import { bodyOf, clockAnswer, httpDevice, soap, soapFault } from './onvif-raw-device.ts';

const stretch = fc.tuple(fc.nat(1000), fc.nat(200)).map(([from, length]) => ({ from, to: from + length }));
const covers = (all: readonly { from: number; to: number }[], at: number) => all.some(({ from, to }) => at >= from && at < to);

describe('stretches of time', () => {
  test('merging keeps what is covered, and puts it in order without overlap', () => {
    fc.assert(
      fc.property(fc.array(stretch), fc.nat(1300), (all, at) => {
        const merged = merge(all);
        expect(covers(merged, at)).toBe(covers(all, at));
        for (const [index, { from }] of merged.slice(1).entries()) expect(from).toBeGreaterThan(merged[index]?.to ?? 0);
      }),
    );
  });

  test('footage and holes together make up the whole between both ends', () => {
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1 }), fc.nat(5), (all, tolerance) => {
        const merged = merge(all, tolerance);
        const [first, last] = [merged[0], merged.at(-1)];
        expect(duration(merged) + duration(holes(merged))).toBe((last?.to ?? 0) - (first?.from ?? 0));
        for (const hole of holes(merged)) expect(hole.to - hole.from).toBeGreaterThan(tolerance);
      }),
    );
  });

  test('days make up the window, each of one date, and none longer than a day', () => {
    const hour = 3_600_000;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 1, max: 100 * 24 * hour }),
        fc.integer({ min: -840, max: 840 }),
        (from, length, offset) => {
          const days = daysOf({ from, to: from + length }, offset);
          expect(duration(days)).toBe(length);
          expect(new Set(days.map(({ day }) => day)).size).toBe(days.length);
          for (const day of days) expect(startOfDay(day.to - 1, offset)).toBe(startOfDay(day.from, offset));
        },
      ),
    );
  });

  test('what lies outside a window is cut off', () => {
    expect(
      clip(
        [
          { from: 0, to: 5 },
          { from: 8, to: 20 },
          { from: 30, to: 31 },
        ],
        { from: 4, to: 10 },
      ),
    ).toEqual([
      { from: 4, to: 5 },
      { from: 8, to: 10 },
    ]);
  });
});

describe('from the moments footage began and ended', () => {
  const edge = (at: number, present: boolean, startState = false, track = 'V') => ({ track, at, present, startState });
  const window = { from: 100, to: 200 };
  test.each([
    ['nothing told', [], []],
    ['there from the start and for good', [edge(100, true, true)], [[100, 200]]],
    ['not there at the start', [edge(100, false, true), edge(150, true)], [[150, 200]]],
    [
      'a hole',
      [edge(100, true, true), edge(120, false), edge(130, true)],
      [
        [100, 120],
        [130, 200],
      ],
    ],
    ['no start told, and it ends', [edge(120, false)], [[100, 120]]],
    ['no start told, and it begins', [edge(120, true)], [[120, 200]]],
    ['a start state with its real time', [edge(-5000, true, true), edge(120, false)], [[100, 120]]],
    ['the same told twice', [edge(100, true, true), edge(110, true), edge(120, false), edge(125, false)], [[100, 120]]],
    [
      'newest first',
      [edge(130, true), edge(120, false), edge(100, true, true)],
      [
        [100, 120],
        [130, 200],
      ],
    ],
    [
      'two tracks',
      [
        edge(100, false, true),
        edge(110, true),
        edge(120, false),
        edge(100, false, true, 'W'),
        edge(115, true, false, 'W'),
        edge(140, false, false, 'W'),
      ],
      [[110, 140]],
    ],
  ])('%s', (_, edges, expected) => {
    expect(presence(edges, window).map(({ from, to }) => [from, to])).toEqual(expected);
  });
});

describe('which recording is of which camera', () => {
  const found = [
    { token: 'R1', sources: ['cam-a', 'hall'], videoTracks: ['V'] },
    { token: 'R2', sources: ['somewhere'], videoTracks: [] },
  ];
  test('is what the installer said', () => {
    const { chosen } = chooseRecordings(found, { recordings: { x: 'R2', y: 'gone' } });
    expect(chosen.map(({ token, camera, listed }) => [token, camera, listed])).toEqual([
      ['R2', 'x', true],
      ['gone', 'y', false],
    ]);
  });
  test('is what the recorder itself names where the installer said nothing of that camera', () => {
    const { chosen } = chooseRecordings(found, { recordings: { x: 'R2' }, cameras: ['cam-a', 'x'] });
    expect(chosen.map(({ token, camera }) => [token, camera])).toEqual([
      ['R2', 'x'],
      ['R1', 'cam-a'],
    ]);
  });
  test('is not asked about where the installer named another, and nothing tells whose it is', () => {
    const { chosen } = chooseRecordings(found, { recordings: { 'cam-a': 'R2' }, cameras: ['cam-a'] });
    expect(chosen.map(({ token, camera }) => [token, camera])).toEqual([['R2', 'cam-a']]);
  });
  test('is what the recorder itself names, and never a guess by order', () => {
    const { chosen } = chooseRecordings(found, { cameras: ['cam-z', 'cam-a'] });
    expect(chosen.map(({ camera }) => camera)).toEqual(['cam-a', undefined]);
  });
  test('is plain where there is one of each', () => {
    expect(chooseRecordings(found.slice(1), { cameras: ['cam-z'] }).chosen[0]?.camera).toBe('cam-z');
  });
  test('is not told of more recordings than a message may hold', () => {
    const many = Array.from({ length: 70 }, (_, index) => ({ token: `R${index}`, sources: [], videoTracks: [] }));
    expect(chooseRecordings(many, {})).toMatchObject({ complete: false, chosen: { length: 64 } });
  });
});

describe('a recorder', () => {
  let recorder: SimulatedRecorder;
  const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
  const channels: RecorderOptions['channels'] = [
    { name: 'cam-stove', gaps: [{ daysAgo: 3, from: '08:00', to: '09:30' }, { daysAgo: 10 }] },
    { name: 'cam-hall', days: 30 },
  ];
  beforeAll(async () => {
    recorder = await createRecorder({ media: await prepareMedia(), channels, pageMax: 3, now });
  });
  afterAll(() => recorder.close());

  async function footage(options: { fault?: FaultName; daysAsked?: number; recordings?: Record<string, string> } = {}) {
    const { recordings = {} } = options;
    if (options.fault !== undefined) await recorder.faults.set(options.fault);
    const { username, password } = recorder;
    const session = createOnvifSession({ address: recorder.onvifUrl, credentials: { username, password }, now });
    const device = { id: 'nvr', kind: 'recorder' as const, session, cameras: ['cam-stove', 'cam-hall'], recordings };
    const seen = await probeFootage(device, { signal: AbortSignal.timeout(20_000), now, daysAsked: options.daysAsked ?? 95 });
    if (options.fault !== undefined) await recorder.faults.clear(options.fault);
    return seen.footage;
  }

  test('tells day by day what it holds, every hole of it, and of which camera', async () => {
    const seen = await footage();
    expect(seen).toMatchObject({ ok: true, value: { method: 'profile-g-events', complete: true } });
    const [stove, hall] = seen.ok ? seen.value.recordings : [];
    expect(stove).toMatchObject({
      camera: 'cam-stove',
      oldest: '2026-08-24T16:00:00.000Z',
      newest: '2026-11-23T04:00:00.000Z',
      gapCount: 2,
      gaps: [
        { from: '2026-11-12T16:00:00.000Z', to: '2026-11-13T16:00:00.000Z' },
        { from: '2026-11-20T00:00:00.000Z', to: '2026-11-20T01:30:00.000Z' },
      ],
    });
    expect(stove?.days.find(({ day }) => day === '2026-11-20')).toEqual({
      day: '2026-11-20',
      recordedSeconds: 81_000,
      state: 'partly',
      expectedSeconds: 86_400,
    });
    expect(stove?.days.find(({ day }) => day === '2026-11-13')?.recordedSeconds).toBe(0);
    expect(stove?.days.at(-1)).toEqual({ day: '2026-11-23', recordedSeconds: 43_200, expectedSeconds: 43_200, state: 'kept' });
    expect(hall).toMatchObject({ camera: 'cam-hall', gapCount: 0, oldest: '2026-10-23T16:00:00.000Z' });
  });

  test.each(['profile-g-events', 'profile-g-ends'])(
    'that does not list one of the recordings named has proven nothing of it: %s',
    async (method) => {
      const recordings = { 'cam-stove': 'Recording_1', 'cam-hall': 'Recording_9' };
      const seen = await footage({ recordings, daysAsked: 2, ...(method === 'profile-g-ends' ? { fault: 'no-find-events' } : {}) });
      expect(seen).toMatchObject({ ok: true, value: { method, complete: false } });
      expect(seen.ok && seen.value.recordings.map(({ camera }) => camera)).toEqual(['cam-stove']);
    },
  );

  test('that lists none of the recordings named is not said to keep nothing', async () => {
    const recordings = { 'cam-stove': '1', 'cam-hall': '2' };
    expect(await footage({ recordings, daysAsked: 2 })).toMatchObject({ ok: false, fault: 'not-supported' });
  });

  test('that never finishes its answer has proven nothing', async () => {
    expect(await footage({ fault: 'footage-truncated' })).toMatchObject({ ok: true, value: { complete: false } });
  });

  test('that knows only the ends has proven nothing of the middle', async () => {
    const seen = await footage({ fault: 'no-find-events' });
    expect(seen).toMatchObject({ ok: true, value: { method: 'profile-g-ends', complete: false } });
    expect(seen.ok && seen.value.recordings.map(({ camera, gapCount }) => [camera, gapCount])).toEqual([
      ['cam-stove', 0],
      ['cam-hall', 0],
    ]);
  });

  test.each([
    ['busy', 'busy'],
    ['wrong-password', 'credentials-refused'],
    ['locked', 'locked'],
    ['unplugged', 'refused'],
    ['malformed', 'malformed'],
  ] as const)('that is %s is not said to keep nothing', async (fault, code) => {
    const seen = await footage({ fault });
    expect(seen.ok).toBe(false);
    if (code !== 'malformed') expect(seen).toMatchObject({ fault: code });
  });

  test('gives its search back, however the reading ends', async () => {
    for (const fault of ['footage-truncated', 'footage-truncated', 'footage-truncated'] as const) await footage({ fault, daysAsked: 5 });
    expect(await footage({ daysAsked: 5 })).toMatchObject({ ok: true, value: { complete: true } });
  });
});

describe('a recorder of another kind', () => {
  const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
  const services =
    '<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/recording/wsdl</Namespace><XAddr>/</XAddr></Service></GetServicesResponse>';
  const answers: Record<string, string> = {
    GetServices: services.replace(
      '<XAddr>/</XAddr>',
      '<XAddr>http://0.0.0.0/r</XAddr></Service><Service><Namespace>http://www.onvif.org/ver10/search/wsdl</Namespace><XAddr>http://0.0.0.0/s</XAddr>',
    ),
    GetRecordings: '<GetRecordingsResponse><RecordingItem><RecordingToken>R</RecordingToken></RecordingItem></GetRecordingsResponse>',
    FindEvents: '<FindEventsResponse><SearchToken>1</SearchToken></FindEventsResponse>',
  };
  const look = async (more: Record<string, string>, aheadMs = 0) => {
    const asked: string[] = [];
    await using device = await httpDevice(async (request, response) => {
      const body = await bodyOf(request);
      const action = /<s:Body><(\w+)/.exec(body)?.[1] ?? '';
      asked.push(action);
      const content = { ...answers, ...more }[action];
      if (action === 'GetSystemDateAndTime') response.end(clockAnswer(now() + aheadMs));
      else if (content === undefined) response.writeHead(400).end(soapFault('ter:ActionNotSupported'));
      else response.end(soap(content));
    });
    const session = createOnvifSession({ address: device.address, now });
    const { footage } = await probeFootage(
      { id: 'nvr', kind: 'recorder', session },
      { signal: AbortSignal.timeout(20_000), now, daysAsked: 2 },
    );
    return { footage, asked };
  };

  test('that keeps answering "searching" with nothing in hand is left, its search ended, nothing proven', async () => {
    const { footage, asked } = await look({
      GetEventSearchResults:
        '<GetEventSearchResultsResponse><ResultList><SearchState>Searching</SearchState></ResultList></GetEventSearchResultsResponse>',
    });
    expect(footage).toMatchObject({ ok: true, value: { complete: false } });
    expect(asked.filter((action) => action.includes('Search')).at(-1)).toBe('EndSearch');
  });

  test('whose clock is an hour ahead is understood in our time', async () => {
    const state = (at: string, present: boolean, start: boolean) =>
      `<Result><RecordingToken>R</RecordingToken><TrackToken>V</TrackToken><Time>${at}</Time><Event><Message><Message><Data><SimpleItem Name="IsDataPresent" Value="${present}"/></Data></Message></Message></Event><StartStateEvent>${start}</StartStateEvent></Result>`;
    const results =
      state('2026-11-21T05:00:00Z', true, true) + state('2026-11-22T11:00:00Z', false, false) + state('2026-11-22T12:00:00Z', true, false);
    const { footage, asked } = await look(
      {
        GetEventSearchResults: `<GetEventSearchResultsResponse><ResultList>${results}<SearchState>Completed</SearchState></ResultList></GetEventSearchResultsResponse>`,
      },
      3_600_000,
    );
    const [gap] = footage.ok ? (footage.value.recordings[0]?.gaps ?? []) : [];
    // The device tells whole seconds, so its clock is known to half a second.
    expect(Math.abs(Date.parse(gap?.from ?? '') - Date.parse('2026-11-22T10:00:00Z'))).toBeLessThanOrEqual(1000);
    expect(asked).toContain('FindEvents');
  });

  test('that breaks off in the middle of its pages still gets its search ended', async () => {
    const { footage, asked } = await look({ GetEventSearchResults: '<Nonsense/>' });
    expect(footage).toMatchObject({ ok: false, fault: 'malformed' });
    expect(asked.at(-1)).toBe('EndSearch');
  });

  test('that completes a search without a single event is asked for its ends instead', async () => {
    const { footage } = await look({
      GetEventSearchResults:
        '<GetEventSearchResultsResponse><ResultList><SearchState>Completed</SearchState></ResultList></GetEventSearchResultsResponse>',
      FindRecordings: '<FindRecordingsResponse><SearchToken>2</SearchToken></FindRecordingsResponse>',
      GetRecordingSearchResults:
        '<GetRecordingSearchResultsResponse><ResultList><SearchState>Completed</SearchState><RecordingInformation><RecordingToken>R</RecordingToken></RecordingInformation></ResultList></GetRecordingSearchResultsResponse>',
    });
    expect(footage).toMatchObject({ ok: true, value: { method: 'profile-g-ends', complete: false, recordings: [{ recording: 'R' }] } });
  });

  test('that has no recordings at all says so', async () => {
    const { footage } = await look({ GetRecordings: '<GetRecordingsResponse/>' });
    expect(footage).toMatchObject({ ok: false, fault: 'no-recordings' });
  });

  test('that offers no search is not supported', async () => {
    const { footage } = await look({ GetServices: services });
    expect(footage).toMatchObject({ ok: false, fault: 'not-supported' });
  });
});
