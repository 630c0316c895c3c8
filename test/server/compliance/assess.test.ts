import { describe, expect, it } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import { assess } from '../../../server/compliance/assess.ts';
import { type CanteenState, expectFrom, newCanteen } from '../../../server/compliance/state.ts';
import {
  aspects,
  beat,
  footage,
  identity,
  layout,
  minute,
  noon,
  playback,
  registered,
  sound,
  standard,
  tell,
  unplayed,
} from './canteen.ts';

const tampering = (kind: 'covered' | 'dark') => [{ kind, topic: 'Tamper', source: '1', active: true, at: '2026-11-23T03:00:00.000Z' }];
const overlay = (offsetSeconds: number) => ({
  overlayClock: { shown: '12:00:00', readAt: '2026-11-23T04:00:00.000Z', offsetSeconds, uncertaintySeconds: 5 },
});
const look = (state: CanteenState, open: Gap[] = [], now = noon) => assess({ canteen: identity, state, open, standard, now });

/** 95 days of a recorder whose day began twenty minutes before noon. */
function afterMidnight({ newestAgo, missingYesterday }: { newestAgo: number; missingYesterday: number }) {
  const kept = footage(95, { 1: missingYesterday });
  const recordings = kept.recordings.map((recording) => {
    const [expectedSeconds, ago] = [1200, newestAgo / 1000];
    const today = { day: '2026-11-23', expectedSeconds, recordedSeconds: Math.max(0, expectedSeconds - ago) };
    return { ...recording, newest: new Date(noon - newestAgo).toISOString(), days: [...recording.days.slice(0, -1), today] };
  });
  return { ...kept, recordings };
}

const named = (gaps: Gap[]) => gaps.map((gap) => [gap.rule, gap.zone ?? gap.device ?? '', gap.certainty].filter(Boolean).join(' '));

describe('the verdict', () => {
  it('is green, with no gap, only where every rule is shown to be met', () => {
    const { open, summary } = look(sound());
    expect(open).toEqual([]);
    expect(summary).toMatchObject({ verdict: 'ok', openGaps: 0, worstSeverity: null, cameras: { total: 3, healthy: 3 } });
    expect(summary.zones.map((zone) => zone.outcome)).toEqual(['ok', 'ok', 'ok']);
  });

  it('is unknown, without a gap, for a canteen just created', () => {
    const { open, summary } = look(newCanteen('yingze-1', noon));
    expect(open).toEqual([]);
    expect(summary).toMatchObject({ verdict: 'unknown', heardAt: null });
    expect(summary.zones.map((zone) => zone.outcome)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('is unknown while anything is not yet looked at, even when nothing is wrong', () => {
    const state = tell(sound(), 'hall-1', 'picture', { outcome: 'unknown', fault: 'busy' });
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
  });

  it('is never green on facts past their time, and becomes a gap after the standard’s grace', () => {
    const stale = tell(sound(), 'hall-1', 'stream', { lastsMs: minute });
    const lookAfter = (ms: number) => look(beat(stale, noon + ms), [], noon + ms);
    expect(lookAfter(minute).summary.verdict).toBe('ok');
    expect(lookAfter(minute + 1)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    expect(named(lookAfter(minute + standard.unknownGraceSeconds * 1000).open)).toEqual([
      'zone-without-healthy-camera dining unknown',
      'stream-does-not-decode hall-1 unknown',
    ]);
  });
});

describe('each rule', () => {
  const twoCleaning = {
    ...layout,
    cameras: [...layout.cameras, { id: 'wash-2', name: '洗消间2号', zones: ['wash'] }],
    recorders: layout.recorders.map((recorder) => ({ ...recorder, cameras: [...recorder.cameras, 'wash-2'] })),
  };
  const wash2Footage = {
    recordings: [
      ...footage(95).recordings,
      ...footage(95)
        .recordings.slice(0, 1)
        .map((recording) => ({ ...recording, camera: 'wash-2' })),
    ],
  };

  it.each<[string, CanteenState, string[]]>([
    [
      'no camera in a zone',
      sound({ ...layout, cameras: layout.cameras.filter(({ id }) => id !== 'wash-1') }),
      ['zone-without-healthy-camera cleaning fault'],
    ],
    [
      'the only camera of a zone gone',
      tell(sound(), 'kitchen-1', 'reachable', { outcome: 'fault', fault: 'refused' }),
      ['zone-without-healthy-camera cooking fault', 'camera-unreachable kitchen-1 fault'],
    ],
    [
      'one of two cameras of a zone gone',
      tell(tell(sound(twoCleaning), 'nvr', 'footage', { measured: wash2Footage }), 'wash-2', 'reachable', {
        outcome: 'fault',
        fault: 'no-answer',
      }),
      ['camera-unreachable wash-2 fault'],
    ],
    [
      'another device at the camera’s address',
      tell(sound(), 'hall-1', 'identity', { outcome: 'fault', fault: 'wrong-device' }),
      ['zone-without-healthy-camera dining fault', 'camera-unreachable hall-1 fault'],
    ],
    [
      'a stream that does not decode',
      tell(sound(), 'hall-1', 'stream', { outcome: 'fault', fault: 'does-not-decode' }),
      ['zone-without-healthy-camera dining fault', 'stream-does-not-decode hall-1 fault'],
    ],
    [
      'a black picture',
      tell(sound(), 'hall-1', 'picture', { outcome: 'fault', fault: 'black', measured: { blackPercent: 100 } }),
      ['zone-without-healthy-camera dining fault', 'picture-black hall-1 fault'],
    ],
    ...(
      [
        ['covered', 'picture-covered'],
        ['frozen', 'picture-frozen'],
        ['moved', 'camera-moved'],
        ['blurred', 'picture-blurred'],
      ] as const
    ).map(([fault, rule]): [string, CanteenState, string[]] => [
      `a ${fault} picture`,
      tell(sound(), 'hall-1', 'picture', { outcome: 'fault', fault }),
      ['zone-without-healthy-camera dining fault', `${rule} hall-1 fault`],
    ]),
    [
      'false colours, by which a kitchen can still be watched',
      tell(sound(), 'hall-1', 'picture', { outcome: 'fault', fault: 'colour-cast' }),
      ['picture-colour-cast hall-1 fault'],
    ],
    [
      'two faults of one picture, of which the fact names the graver',
      tell(sound(), 'hall-1', 'picture', {
        outcome: 'fault',
        fault: 'moved',
        measured: { aspects: aspects({ moved: 'fault', blurred: 'fault' }) },
      }),
      ['zone-without-healthy-camera dining fault', 'camera-moved hall-1 fault', 'picture-blurred hall-1 fault'],
    ],
    [
      'a camera nobody set a reference for',
      tell(sound(), 'hall-1', 'picture', { measured: { aspects: aspects({ moved: 'unknown' }) } }),
      [],
    ],
    [
      'a picture too small',
      tell(sound(), 'hall-1', 'stream', { measured: { width: 1280, height: 720 } }),
      ['picture-below-standard hall-1 fault'],
    ],
    [
      'a camera that says it is covered',
      tell(sound(), 'hall-1', 'tamper', { outcome: 'fault', fault: 'tampered', measured: { sources: tampering('covered') } }),
      ['camera-tampered hall-1 fault'],
    ],
    ['a camera that only says it is dark', tell(sound(), 'hall-1', 'tamper', { measured: { sources: tampering('dark') } }), []],
    [
      'a camera that tells nothing of tampering',
      tell(sound(), 'hall-1', 'tamper', { outcome: 'unknown', fault: 'not-supported', measured: { sources: [] } }),
      [],
    ],
    ['events that are no longer heard', tell(sound(), 'hall-1', 'tamper', { outcome: 'unknown', fault: 'no-answer' }), []],
    [
      'an administrator’s account on a camera',
      tell(sound(), 'hall-1', 'account', { measured: { level: 'administrator', mayDelete: true } }),
      ['account-too-strong hall-1 fault'],
    ],
    [
      'an administrator’s account on a recorder',
      tell(sound(), 'nvr', 'account', { measured: { level: 'administrator', mayDelete: true } }),
      ['account-too-strong nvr fault'],
    ],
    [
      'an account nobody tells us of',
      tell(sound(), 'nvr', 'account', { outcome: 'unknown', fault: 'not-supported', measured: 'nothing' }),
      [],
    ],
    ['an ordinary account', tell(sound(), 'nvr', 'account'), []],
    ['too few frames', tell(sound(), 'hall-1', 'stream', { measured: { framesPerSecond: 12 } }), ['picture-below-standard hall-1 fault']],
    ['frames short by less than the tolerance', tell(sound(), 'hall-1', 'stream', { measured: { framesPerSecond: 14.6 } }), []],
    ['a picture turned for a corridor', tell(sound(), 'hall-1', 'stream', { measured: { width: 1080, height: 1920 } }), []],
    [
      'a camera clock two minutes ahead',
      tell(sound(), 'hall-1', 'clock', { measured: { offsetSeconds: 120 } }),
      ['clock-off hall-1 fault'],
    ],
    ['a picture that shows the right time', tell(sound(), 'hall-1', 'stream', { measured: overlay(-40) }), []],
    [
      'a picture that shows another time',
      tell(sound(), 'hall-1', 'stream', { measured: overlay(600) }),
      ['overlay-clock-off hall-1 fault'],
    ],
    ['a time that may still be near enough', tell(sound(), 'hall-1', 'stream', { measured: overlay(64) }), []],
    ['a recorder clock behind', tell(sound(), 'nvr', 'clock', { measured: { offsetSeconds: -30 } }), ['clock-off nvr fault']],
    ['41 days of footage', tell(sound(), 'nvr', 'footage', { measured: footage(41) }), ['retention-short nvr fault']],
    ['exactly 90 whole days', tell(sound(), 'nvr', 'footage', { measured: footage(90) }), []],
    ['89 whole days', tell(sound(), 'nvr', 'footage', { measured: footage(89) }), ['retention-short nvr fault']],
    ['a day with an hour missing', tell(sound(), 'nvr', 'footage', { measured: footage(95, { 30: 3600 }) }), ['retention-short nvr fault']],
    ['a day with ten minutes missing', tell(sound(), 'nvr', 'footage', { measured: footage(95, { 30: 600 }) }), []],
    [
      'recording stopped this morning',
      tell(sound(), 'nvr', 'footage', { measured: footage(95, { 0: 7200 }) }),
      ['retention-short nvr fault'],
    ],
    ['an hour’s file not yet closed', tell(sound(), 'nvr', 'footage', { measured: footage(95, { 0: 3600 }) }), []],
    [
      'an hour’s file not yet closed after 89 whole days',
      tell(sound(), 'nvr', 'footage', { measured: footage(89, { 0: 3600 }) }),
      ['retention-short nvr fault'],
    ],
    [
      'one camera the recorder says nothing of',
      tell(sound(), 'nvr', 'footage', { measured: { recordings: footage(95).recordings.slice(1) } }),
      ['retention-short nvr fault'],
    ],
    [
      'a recorder that keeps nothing',
      tell(sound(), 'nvr', 'footage', { outcome: 'fault', fault: 'no-recordings' }),
      ['retention-short nvr fault'],
    ],
    [
      'footage that is listed and does not play',
      tell(sound(), 'nvr', 'playback', { outcome: 'fault', fault: 'stalled', measured: unplayed('fault', 'stalled') }),
      ['footage-does-not-play nvr fault'],
    ],
    [
      'play-back of another day than was asked for',
      tell(sound(), 'nvr', 'playback', { measured: playback({ deviationSeconds: 86_400, played: '2026-08-27T06:02:33.000Z' }) }),
      ['footage-does-not-play nvr fault'],
    ],
    [
      'play-back that begins at the keyframe before',
      tell(sound(), 'nvr', 'playback', { measured: playback({ deviationSeconds: -12 }) }),
      [],
    ],
    [
      'a recorder that keeps nothing, and so has nothing to play',
      tell(tell(sound(), 'nvr', 'footage', { outcome: 'fault', fault: 'no-recordings' }), 'nvr', 'playback', {
        outcome: 'unknown',
        fault: 'no-recordings',
      }),
      ['retention-short nvr fault'],
    ],
    ['a recorder gone', tell(sound(), 'nvr', 'reachable', { outcome: 'fault', fault: 'no-answer' }), ['recorder-unreachable nvr fault']],
    [
      'a camera no recorder keeps',
      sound({ ...layout, recorders: layout.recorders.map((recorder) => ({ ...recorder, cameras: ['hall-1', 'kitchen-1'] })) }),
      ['camera-not-recorded wash-1 fault'],
    ],
  ])('judges %s', (_, state, expected) => {
    const { open, summary } = look(state);
    expect(named(open)).toEqual(expected);
    expect(summary.verdict).toBe(expected.length === 0 ? 'ok' : 'fault');
  });

  it('says what was measured against what is required, why, and what to do, in both languages', () => {
    const [gap] = look(tell(sound(), 'nvr', 'footage', { measured: footage(41) })).open;
    expect(gap).toMatchObject({
      canteen: 'yingze-1',
      gate: 'monitoring-connected',
      severity: 'critical',
      measured: { zh: '41天（大厅1号，最早录像2026-10-13）', en: '41 days (大厅1号, oldest footage 2026-10-13)' },
      required: { zh: '连续可追溯不少于90天', en: 'At least 90 days, without a break' },
      clause: standard.retention.clause,
      standard: 'taiyuan-community-2022 v1',
      openedAt: '2026-11-23T04:00:00.000Z',
    });
  });

  it.each<[string, Parameters<typeof afterMidnight>[0], string[]]>([
    ['a file open since before midnight', { newestAgo: 40 * minute, missingYesterday: 1200 }, []],
    ['a file open for longer than any should be', { newestAgo: 90 * minute, missingYesterday: 4200 }, ['retention-short nvr fault']],
    ['a hole in the middle of yesterday', { newestAgo: 0, missingYesterday: 1200 }, ['retention-short nvr fault']],
    ['a hole besides the file that is open', { newestAgo: 40 * minute, missingYesterday: 2400 }, ['retention-short nvr fault']],
  ])('judges %s twenty minutes into the day', (_, told, expected) => {
    expect(named(look(tell(sound(), 'nvr', 'footage', { measured: afterMidnight(told) })).open)).toEqual(expected);
  });

  it('says that recording has stopped, not that days are missing, where only today is short', () => {
    const [gap] = look(tell(sound(), 'nvr', 'footage', { measured: footage(95, { 0: 7200 }) })).open;
    expect(gap?.measured.zh).toMatch(/^90天完整，今日缺录约2小时/);
    expect(gap?.cause.zh).toBe('录像可能已停止');
  });

  it('calls retention unproven, not short, where a recording is not said to be of any camera', () => {
    const [first, second, third] = footage(95).recordings;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three cameras are recorded');
    const { camera: _, ...unclaimed } = third;
    const state = tell(sound(), 'nvr', 'footage', { measured: { recordings: [first, second, unclaimed] } });
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
  });

  it('calls retention unproven, after the grace, where the recorder’s answer was incomplete', () => {
    const state = tell(sound(), 'nvr', 'footage', { outcome: 'unknown', fault: 'incomplete', measured: { complete: false } });
    const later = noon + standard.unknownGraceSeconds * 1000;
    expect(named(look(state).open)).toEqual([]);
    expect(named(look(beat(state, later), [], later).open)).toEqual(['retention-short nvr unknown']);
  });

  it('calls footage not proven by play-back, lightly and after the grace, where the recorder offers none', () => {
    const state = tell(sound(), 'nvr', 'playback', { outcome: 'unknown', fault: 'not-supported', measured: { samples: [] } });
    const later = noon + standard.unknownGraceSeconds * 1000;
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    const { open } = look(beat(state, later), [], later);
    expect(named(open)).toEqual(['playback-not-offered nvr unknown']);
    expect(open[0]).toMatchObject({ severity: 'minor', measured: { en: 'Not proven by play-back' } });
    const empty = tell(state, 'nvr', 'footage', { outcome: 'fault', fault: 'no-recordings' });
    expect(named(look(beat(empty, later), [], later).open)).toEqual(['retention-short nvr fault']);
  });

  it.each<[string, Parameters<typeof tell<'playback'>>[3]]>([
    ['the recorder was busy', { outcome: 'unknown', fault: 'busy', measured: unplayed('unknown', 'busy') }],
    ['too few instants were tried', { measured: { samples: playback().samples.slice(1) } }],
  ])('takes footage for unproven, after the grace, where %s', (_, told) => {
    const state = tell(sound(), 'nvr', 'playback', told);
    const later = noon + standard.unknownGraceSeconds * 1000;
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    expect(named(look(beat(state, later), [], later).open)).toEqual(['footage-does-not-play nvr unknown']);
  });

  it('does not call footage playable for having become unreachable, busy or without replay', () => {
    const broken = tell(sound(), 'nvr', 'playback', { outcome: 'fault', fault: 'stalled', measured: unplayed('fault', 'stalled') });
    const { open } = look(broken);
    for (const state of [
      tell(broken, 'nvr', 'reachable', { outcome: 'fault', fault: 'refused' }),
      tell(broken, 'nvr', 'playback', { outcome: 'unknown', fault: 'busy', measured: { samples: [] } }),
      tell(broken, 'nvr', 'playback', { outcome: 'unknown', fault: 'not-supported', measured: { samples: [] } }),
    ])
      expect(look(state, open).open.map(({ rule }) => rule)).toContain('footage-does-not-play');
  });

  it('does not take tampering for put right because the camera is no longer heard, or was restarted', () => {
    const sources = tampering('covered');
    const { open } = look(tell(sound(), 'hall-1', 'tamper', { outcome: 'fault', fault: 'tampered', measured: { sources } }));
    const lost = tell(sound(), 'hall-1', 'tamper', { outcome: 'unknown', fault: 'no-answer', measured: { sources } });
    expect(look(lost, open).open).toMatchObject([{ id: open[0]?.id, rule: 'camera-tampered', certainty: 'unknown' }]);
    const well = tell(lost, 'hall-1', 'tamper', { measured: { sources: sources.map((source) => ({ ...source, active: false })) } });
    expect(look(well, open).open).toEqual([]);
  });

  it('calls a clock neither right nor wrong that is nearer to the limit than can be measured', () => {
    const state = tell(sound(), 'nvr', 'clock', { measured: { offsetSeconds: 5.2, uncertaintySeconds: 0.6 } });
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
  });

  it('calls no picture known in a closed, dark canteen, and opens nothing for that however long it lasts', () => {
    const state = tell(sound(), 'hall-1', 'picture', { outcome: 'unknown', fault: 'closed' });
    const morning = noon + 59 * minute;
    const { open, summary } = look(beat(state, morning), [], morning);
    expect(open.filter(({ device, zone }) => device === 'hall-1' || zone === 'dining')).toEqual([]);
    expect(summary.verdict).toBe('unknown');
    expect(summary.zones.find(({ kind }) => kind === 'dining')?.outcome).toBe('unknown');
  });

  it('goes on excusing darkness only while the gateway goes on telling that the canteen is closed', () => {
    const state = tell(sound(), 'hall-1', 'picture', { outcome: 'unknown', fault: 'closed', lastsMs: 2 * minute });
    const picturesAt = (now: number) => named(look(beat(state, now), [], now).open).filter((name) => name.startsWith('picture-black'));
    const lapsed = noon + 2 * minute;
    const graceMs = standard.unknownGraceSeconds * 1000;
    expect(picturesAt(lapsed + graceMs - 1)).toEqual([]);
    expect(picturesAt(lapsed + graceMs)).toEqual(['picture-black hall-1 unknown']);
  });

  it.each(['black', 'covered'] as const)('trusts no tinted picture of which it is not known whether it is %s', (aspect) => {
    const measured = { aspects: aspects({ 'colour-cast': 'fault', [aspect]: 'unknown' }) };
    const { summary } = look(tell(sound(), 'hall-1', 'picture', { outcome: 'fault', fault: 'colour-cast', measured }));
    expect(summary.zones.find(({ kind }) => kind === 'dining')?.outcome).toBe('unknown');
    expect(summary.cameras).toEqual({ total: 3, healthy: 2 });
  });

  it('does not call a moved camera put right because it is dark, or black, or not judged', () => {
    const moved = tell(sound(), 'hall-1', 'picture', { outcome: 'fault', fault: 'moved' });
    const { open } = look(moved);
    for (const state of [
      tell(moved, 'hall-1', 'picture', { outcome: 'unknown', fault: 'closed' }),
      tell(moved, 'hall-1', 'picture', { outcome: 'unknown', fault: 'moved' }),
      tell(moved, 'hall-1', 'picture', {
        outcome: 'fault',
        fault: 'black',
        measured: { aspects: aspects({ black: 'fault', moved: 'fault' }) },
      }),
      tell(moved, 'hall-1', 'stream', { outcome: 'fault', fault: 'stalled' }),
    ])
      expect(look(state, open).open.map(({ rule }) => rule)).toContain('camera-moved');
    expect(named(look(tell(moved, 'hall-1', 'picture'), open).open)).toEqual([]);
  });

  it('says when a clock is off by a time zone rather than by drift', () => {
    const [gap] = look(tell(sound(), 'hall-1', 'clock', { measured: { offsetSeconds: 28_801 } })).open;
    expect(gap?.cause.zh).toContain('时区');
  });
});

describe('a gap', () => {
  const gone = (state: CanteenState, at = noon) => tell(state, 'kitchen-1', 'reachable', { outcome: 'fault', fault: 'refused', at });

  it('stays one gap, with one id, while it lasts, and closes by itself', () => {
    const opened = look(gone(sound()));
    const later = noon + minute;
    const lasting = look(gone(beat(sound(), later), later), opened.open, later);
    expect(lasting.open.map((gap) => gap.id)).toEqual(opened.open.map((gap) => gap.id));
    expect(lasting.changed).toEqual([]);
    const healed = look(beat(sound(), later), lasting.open, later);
    expect(healed.open).toEqual([]);
    expect(healed.changed.map((gap) => [gap.status, gap.closedAt])).toEqual(
      opened.open.map(() => ['closed', new Date(later).toISOString()]),
    );
  });

  it('does not close because its camera went away; it is folded under the camera’s own', () => {
    const black = tell(sound(), 'kitchen-1', 'picture', { outcome: 'fault', fault: 'black' });
    const opened = look(black);
    const away = look(gone(black), opened.open);
    const own = away.open.find((gap) => gap.rule === 'camera-unreachable');
    expect(away.open.find((gap) => gap.rule === 'picture-black')).toMatchObject({ status: 'open', foldedUnder: own?.id });
    expect(own?.foldedUnder).toBeNull();
  });

  it('of a silent gateway folds all others of the canteen under itself and opens none beside it', () => {
    const before = look(gone(sound()));
    const later = noon + 91_000;
    const silent = look(gone(sound()), before.open, later);
    const own = silent.open.find((gap) => gap.rule === 'gateway-silent');
    expect(silent.open).toHaveLength(before.open.length + 1);
    expect(silent.open.filter((gap) => gap.foldedUnder === null)).toEqual([own]);
    expect(silent.summary).toMatchObject({ verdict: 'unknown', openGaps: 1, staleAt: null });
    expect(silent.summary.zones.map((zone) => zone.outcome)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('is not opened for silence while the server itself was away', () => {
    const restarted = noon + 10 * minute;
    expect(look(expectFrom(sound(), restarted), [], restarted).open).toEqual([]);
    expect(named(look(expectFrom(sound(), restarted), [], restarted + 91_000).open)).toEqual(['gateway-silent fault']);
  });

  it('is opened for records the gateway had to drop, and closes a day later', () => {
    const state = { ...sound(), losses: [{ at: noon, from: 11, to: 20, reason: 'outbox-full' }] };
    expect(look(state).open).toMatchObject([
      { rule: 'records-lost', gate: 'data-connected', measured: { zh: expect.stringContaining('10条') } },
    ]);
    const next = noon + 24 * 60 * minute;
    expect(look(beat(state, next), look(state).open, next).open.map((gap) => gap.rule)).not.toContain('records-lost');
  });

  it('is opened for a gateway whose disk is full, and closes when there is room again', () => {
    const { gateway, ...rest } = sound();
    const heartbeat = gateway.heartbeat && { ...gateway.heartbeat, outbox: { waiting: 9, dropped: 3, full: true } };
    const full = look({ ...rest, gateway: { ...gateway, heartbeat } });
    expect(full.open).toMatchObject([{ rule: 'gateway-disk-full', gate: 'data-connected', certainty: 'fault' }]);
    expect(look(beat(sound()), full.open).open).toEqual([]);
  });

  it('about its disk is neither opened nor closed by a heartbeat that is old, while other things arrive', () => {
    const { gateway, ...rest } = sound();
    const heartbeat = gateway.heartbeat && { ...gateway.heartbeat, outbox: { waiting: 9, dropped: 3, full: true } };
    const told = (full: boolean) =>
      [1, 2].reduce<CanteenState>((state, after) => tell(state, 'hall-1', 'reachable', { at: noon + after * minute }), {
        ...rest,
        gateway: full ? { ...gateway, heartbeat } : gateway,
      });
    const { open } = look({ ...rest, gateway: { ...gateway, heartbeat } });
    expect(look(told(true), open, noon + 2 * minute).open).toMatchObject([{ rule: 'gateway-disk-full', certainty: 'unknown' }]);
    expect(look(told(true), [], noon + 2 * minute).open).toEqual([]);
    expect(look(told(false), [], noon + 2 * minute).summary.verdict).toBe('unknown');
  });

  it('is opened once for a canteen whose gateway never spoke', () => {
    const later = noon + 91_000;
    const first = look(newCanteen('yingze-1', noon), [], later);
    expect(named(first.open)).toEqual(['gateway-silent fault']);
    expect(look(newCanteen('yingze-1', noon), first.open, later + minute).changed).toEqual([]);
  });

  it('is not opened against zones before the gateway has told its cameras', () => {
    expect(look(beat(newCanteen('yingze-1', noon)))).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    expect(named(look(beat(registered({ ...layout, cameras: [], recorders: [] }))).open)).toHaveLength(3);
  });
});
