// Where retention leads, and what is said of it, as tables.
import { describe, expect, it } from 'vitest';
import { validator } from '#config/validate.ts';
import type { FactOf } from '#contract/facts.ts';
import type { StorageMeasured } from '#contract/footage.ts';
import type { Gap } from '#contract/gaps.ts';
import { RetentionView } from '#contract/views.ts';
import { assess } from '../../../server/compliance/assess.ts';
import { retentionView } from '../../../server/compliance/retention-view.ts';
import type { CanteenState } from '../../../server/compliance/state.ts';
import { beat, footage, identity, layout, minute, noon, sound, standard, tell } from './canteen.ts';

const terabyte = 1e12;
const later = noon + standard.unknownGraceSeconds * 1000;
const named = (gaps: Gap[]) => gaps.map((gap) => `${gap.rule} ${gap.certainty}`);
const judged = (state: CanteenState, now = later) => assess({ canteen: identity, state: beat(state, now), open: [], standard, now });
const views = (state: CanteenState) => retentionView(state, { standard, now: noon, silent: false });

/** Three cameras of 2 Mbit/s each: 64.8 GB a day, 5.9 TB for 90 days and today. */
function canteen(
  kept: ReturnType<typeof footage>,
  storage: Partial<StorageMeasured>,
  told: { outcome?: 'ok' | 'fault' | 'unknown'; fault?: 'busy' | 'not-supported' | 'disk-fault' } = {},
): CanteenState {
  const state = tell(sound(), 'nvr', 'footage', { measured: kept });
  return tell(state, 'nvr', 'storage', { ...told, measured: { capacityBytes: 8 * terabyte, ...storage } });
}

/** What so many days of three such cameras take. */
const used = (days: number) => Math.round(days * 3 * 2e6 * 10_800);
const free = (capacityBytes: number, days: number) => ({ capacityBytes, freeBytes: capacityBytes - used(days) });

/** The same, but the first camera has fewer days. */
function newcomer(days: number, others: number): ReturnType<typeof footage> {
  const [first] = footage(days).recordings;
  const all = footage(others);
  return { ...all, recordings: all.recordings.map((recording, index) => (index === 0 && first !== undefined ? first : recording)) };
}

function gone(days: number, cause: 'overwritten' | 'expired' = 'overwritten'): ReturnType<typeof footage> {
  const all = footage(days);
  return {
    ...all,
    recordings: all.recordings.map((recording) => ({
      ...recording,
      gaps: [{ from: '2026-09-01T00:00:00.000Z', to: recording.oldest ?? '', cause }],
      gapCount: 1,
    })),
  };
}

describe('retention', () => {
  it.each<[string, CanteenState, string, string[]]>([
    ['90 whole days are proven, whatever the disk', canteen(footage(90), { capacityBytes: 1e9, freeBytes: 0 }), 'proven', []],
    [
      'twelve days on a disk for 123 are on course, and no fault',
      canteen(footage(12), free(8 * terabyte, 12.5)),
      'on-course',
      ['retention-not-yet-proven unknown'],
    ],
    [
      'so they are where the recorder does not say how much is free',
      canteen(footage(12), { freeBytes: undefined } as never),
      'on-course',
      ['retention-not-yet-proven unknown'],
    ],
    [
      'twelve days on a disk for 46 will fall short, and that is wrong today',
      canteen(footage(12), free(3 * terabyte, 12.5)),
      'will-fall-short',
      ['retention-short fault'],
    ],
    [
      'a disk for 92 days is too near to the limit to tell',
      canteen(footage(12), free(6 * terabyte, 12.5)),
      'unknown',
      ['retention-short unknown'],
    ],
    [
      'a full disk with 41 days fell short',
      canteen(footage(41), { capacityBytes: 2.75 * terabyte, freeBytes: 0 }),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'a disk of which 41 days were overwritten fell short, however large it says it is',
      canteen(gone(41), free(20 * terabyte, 41)),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'footage that is removed at an age of 41 days never gets older, on however large a disk',
      canteen(gone(41, 'expired'), { ...free(20 * terabyte, 41), retentionDaysMax: 41 }),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'twelve days on a large disk are on course, though the recorder will stop when it is full',
      canteen(footage(12), { ...free(8 * terabyte, 12.5), overwrites: false }),
      'on-course',
      ['retention-not-yet-proven unknown', 'recording-stops-when-full fault'],
    ],
    [
      '90 days are proven, though the recorder will stop when it is full',
      canteen(footage(90), { ...free(8 * terabyte, 91), overwrites: false }),
      'proven',
      ['recording-stops-when-full fault'],
    ],
    [
      'a hole in the days kept is a hole, on however young a recorder',
      canteen(footage(12, { 5: 7200 }), free(8 * terabyte, 12.5)),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'recording that stopped this morning is not on course',
      canteen(footage(12, { 0: 7200 }), free(8 * terabyte, 12.5)),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'without word of the disks, too few days are too few',
      tell(sound(), 'nvr', 'footage', { measured: footage(12) }),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'so they are where the recorder tells nothing of them',
      canteen(footage(12), {}, { outcome: 'unknown', fault: 'not-supported' }),
      'fell-short',
      ['retention-short fault'],
    ],
    [
      'where it tells of them, but not now, it is not known',
      tell(tell(sound(), 'nvr', 'footage', { measured: footage(12) }), 'nvr', 'storage', {
        outcome: 'unknown',
        fault: 'busy',
        measured: 'nothing',
      }),
      'unknown',
      ['retention-short unknown', 'disk-broken unknown'],
    ],
    [
      'more space taken than the streams explain makes the forecast doubtful',
      canteen(footage(12), free(8 * terabyte, 25)),
      'unknown',
      ['retention-short unknown'],
    ],
  ])('%s', (_, state, expected, gaps) => {
    expect(views(state)[0]).toMatchObject({ camera: 'hall-1', recorder: 'nvr', state: expected, requiredDays: 90 });
    expect(named(judged(state).open)).toEqual(gaps);
    if (expected !== 'proven') expect(judged(state).summary.verdict).not.toBe('ok');
  });

  it('of a camera added to a full recorder is on course while older footage of others is there', () => {
    const storage = { capacityBytes: 6.2 * terabyte, freeBytes: 0 };
    expect(views(canteen(newcomer(12, 95), storage)).map(({ state }) => state)).toEqual(['unknown', 'proven', 'proven']);
    const roomy = { capacityBytes: 8 * terabyte, freeBytes: 0 };
    expect(views(canteen(newcomer(12, 95), roomy)).map(({ state }) => state)).toEqual(['on-course', 'proven', 'proven']);
    expect(views(canteen(newcomer(12, 30), roomy)).map(({ state }) => state)).toEqual(['will-fall-short', 'fell-short', 'fell-short']);
  });

  it('is forecast with the date, the days a disk holds and the disk that is missing', () => {
    expect(views(canteen(footage(12), free(8 * terabyte, 12.5)))[0]).toMatchObject({
      keptDays: 12,
      unbrokenDays: 12,
      oldest: '2026-11-10T16:00:00.000Z',
      // The first whole day is 11 November.
      reachesOn: '2027-02-09',
      rateFrom: 'disk',
      capacityBytes: 8 * terabyte,
    });
    const [short] = views(canteen(footage(12), { capacityBytes: 3 * terabyte, freeBytes: undefined } as never));
    expect(short).toMatchObject({ state: 'will-fall-short', rateFrom: 'streams', bitsPerSecond: 6e6, bytesMissing: 2_896_800_000_000 });
    expect(short?.reachesOn).toBeUndefined();
    expect(short?.holdsDays).toBeCloseTo(46.3, 1);
  });

  it('that is on course is said in its own words, lightly', () => {
    const [gap] = judged(canteen(footage(12), { ...free(8 * terabyte, 12.5), retentionDaysMax: 30 })).open;
    expect(gap).toMatchObject({
      severity: 'minor',
      measured: {
        zh: '已存12天（大厅1号，最早录像2026-11-11），预计2027-02-09存满90天',
        en: '12 days so far (大厅1号, oldest footage 2026-11-11); 90 days first reached on 2027-02-09',
      },
      fix: { zh: '录像机设置的保存期为30天，请改为不少于90天或不限' },
    });
    expect(gap?.cause.en).toMatch(/^Recording began lately; the disk of 8\.0 TB holds 12\d days at \d\.\d Mbit\/s of all cameras$/);
  });

  it('that falls short says how much disk is missing', () => {
    const [gap] = judged(canteen(footage(41), { capacityBytes: 2.75 * terabyte, freeBytes: 0 })).open;
    expect(gap?.measured.zh).toMatch(/^41天/);
    expect(gap?.fix).toEqual({ zh: '还需硬盘约3.3 TB，或相应降低码率', en: '3.3 TB more disk are needed, or a bit rate lower by as much' });
    const [set] = judged(canteen(footage(30), { capacityBytes: 2.75 * terabyte, freeBytes: 0, retentionDaysMax: 30 })).open;
    expect(set?.cause.zh).toBe('录像机设置为只保存30天');
  });

  it('that only a stream could tell is not known since that stream is not, and it says so', () => {
    const unplugged = noon + 30 * minute;
    const young = beat(canteen(footage(1), free(8 * terabyte, 1)), unplugged);
    const state = tell(young, 'wash-1', 'stream', { outcome: 'unknown', fault: 'device-unreachable', measured: 'nothing', at: unplugged });
    const at = (now: number) => judged(beat(state, now), now).open.filter(({ rule }) => rule === 'retention-short');
    const graceMs = standard.unknownGraceSeconds * 1000;
    expect(at(unplugged + graceMs - 1)).toEqual([]);
    expect(at(unplugged + graceMs)).toMatchObject([
      {
        certainty: 'unknown',
        cause: { zh: expect.stringMatching(/码率尚未测得，暂不能推算能否存满$/) },
        fix: { zh: '先处理摄像头码流的缺口' },
      },
    ]);
  });

  it.each<[string, ReturnType<typeof footage>, string]>([
    ['of which no day is whole', footage(2, { 1: 7200, 2: 7200 }), '录像有缺段'],
    ['that stopped this morning, with days missing', footage(41, { 0: 7200 }), '录像可能已停止'],
    ['that has holes', footage(41, { 5: 7200 }), '录像有缺段'],
  ])('%s, on a disk with room, is not called overwritten', (_, kept, cause) => {
    const [gap] = judged(canteen(kept, free(8 * terabyte, 12.5))).open;
    expect(gap?.cause.zh).toBe(cause);
  });

  it('rests on every camera’s stream or on none', () => {
    const state = tell(canteen(footage(1), { freeBytes: undefined } as never), 'wash-1', 'stream', { outcome: 'unknown', fault: 'busy' });
    const [view] = views(state);
    expect(view).toMatchObject({ state: 'fell-short', capacityBytes: 8 * terabyte });
    expect(view?.bitsPerSecond).toBeUndefined();
  });

  it('is given of every camera and recorder, and as unknown where nothing can be told', () => {
    const check = validator(RetentionView);
    for (const state of [canteen(footage(12), free(8 * terabyte, 12.5)), sound()])
      for (const view of views(state)) expect(check(view)).toMatchObject({ ok: true });
    const silent = retentionView(sound(), { standard, now: noon, silent: true });
    expect(silent.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(views(tell(sound(), 'nvr', 'reachable', { outcome: 'fault', fault: 'refused' }))[0]?.state).toBe('unknown');
    expect(silent).toHaveLength(layout.cameras.length);
  });
});

describe('the disks of a recorder', () => {
  const disks: FactOf<'storage'>['measured'] = { method: 'x', disks: [{ name: 'hdda', state: 'fault', said: 'error' }] };

  it('one of which is broken are a gap of their own, while the footage is all there', () => {
    const [gap, ...others] = judged(tell(sound(), 'nvr', 'storage', { outcome: 'fault', fault: 'disk-fault', measured: disks })).open;
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ rule: 'disk-broken', certainty: 'fault', measured: { zh: '硬盘异常：hdda (error)' } });
  });

  it('that were broken are not sound for being told of no more', () => {
    const state = tell(sound(), 'nvr', 'storage', { outcome: 'fault', fault: 'disk-fault', measured: disks, lastsMs: minute });
    expect(named(judged(state, later + 2 * minute).open)).toEqual(['disk-broken unknown']);
  });

  it('that do not do for the days to be kept are too small, not broken', () => {
    const said = 'has room for 41 days, 90 are to be kept';
    const small = { method: 'own-recording', disks: [{ name: 'own-recording', state: 'too-small' as const, said }] };
    const [gap] = judged(tell(sound(), 'nvr', 'storage', { outcome: 'fault', fault: 'disk-too-small', measured: small })).open;
    expect(gap).toMatchObject({
      rule: 'disk-broken',
      measured: { zh: `硬盘容量不足：own-recording (${said})` },
      fix: { zh: '扩充硬盘，或降低码率' },
    });
  });

  it('that are not overwritten when full are told with the day on which recording stops', () => {
    const stops = (storage: Partial<StorageMeasured>, kept = footage(12)) =>
      judged(canteen(kept, { ...storage, overwrites: false })).open.find(({ rule }) => rule === 'recording-stops-when-full');
    // 8 TB at 6 Mbit/s last for 123 days and more.
    expect(stops({ capacityBytes: 8 * terabyte, freeBytes: 7.3 * terabyte })).toMatchObject({
      severity: 'major',
      measured: {
        zh: expect.stringMatching(/^硬盘写满即停止录像，预计2027-0[23]-\d\d写满$/),
        en: expect.stringMatching(/^Recording stops when the disks are full, about 2027-0/),
      },
      fix: { zh: '在录像机的存储设置中启用循环覆盖' },
    });
    expect(stops({ freeBytes: undefined } as never)?.measured.en).toBe('Recording stops when the disks are full');
    expect(stops({ freeBytes: 0 })?.measured.zh).toBe('硬盘已满，录像停止');
    expect(stops({ freeBytes: 0 }, gone(41))).toBeUndefined(); // it does overwrite, whatever it says
  });

  it.each(['never told of', 'not offered'])('are no lack where they are %s', (which) => {
    const state = which === 'never told of' ? sound() : tell(sound(), 'nvr', 'storage', { outcome: 'unknown', fault: 'not-supported' });
    expect(judged(state)).toMatchObject({ open: [], summary: { verdict: 'ok' } });
  });
});
