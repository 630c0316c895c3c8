import { describe, expect, it } from 'vitest';
import type { FootageDay, FootageMeasured, Hole } from '#contract/footage.ts';
import type { CanteenView, RetentionView } from '#contract/views.ts';
import { dayInHours, footageOf, isWhole, longestHoleMs } from '../../dashboards/canteen/footage-view.ts';
import { outlookInWords } from '../../dashboards/canteen/retention-words.ts';
import { zhCN } from '../../dashboards/i18n/zh-CN.ts';
import { later, summaryOf } from './district.ts';
import { dayBefore, onDay } from './planned-canteen.ts';

const at = '2026-11-23T06:30:00.000Z';
const retention = { minDays: 90, dayCompletePercent: 99 };
const sinceMidnight = 14.5 * 3600;
const kept: RetentionView = { camera: 'c', recorder: 'nvr', state: 'proven', requiredDays: 90, keptDays: 90, unbrokenDays: 90 };

describe('what the calendar shows of a day', () => {
  it.each<[string, Partial<FootageDay>, string]>([
    ['all of it', {}, 'complete'],
    ['one per cent missing', { recordedSeconds: 85_536 }, 'complete'],
    ['more than that missing', { recordedSeconds: 85_535 }, 'gap'],
    ['nothing of it', { recordedSeconds: 0 }, 'none'],
    ['an answer that did not cover it', { recordedSeconds: 0, state: 'unknown' }, 'unknown'],
  ])('with %s', (_, about, kind) => {
    expect(
      camera({ days: [day(1, about), day(0)] })
        .weeks.flat()
        .findLast((cell) => cell?.day === dayBefore(at, 1))?.kind,
    ).toBe(kind);
  });

  it('lets today lag by the file that is still open, and no further', () => {
    const today = (missing: number) =>
      camera({ days: [day(0, { recordedSeconds: sinceMidnight - missing })] })
        .weeks.flat()
        .findLast(Boolean)?.kind;
    expect([today(3600), today(3601)]).toEqual(['running', 'gap']);
  });

  it.each<[string, Partial<FootageMeasured>, number]>([
    ['is past its time', {}, 3601],
    ['never was complete', { complete: false }, 0],
  ])('knows nothing where the list %s', (_, about, seconds) => {
    const footage = camera({ about, seconds });
    expect(footage.isKnown).toBe(false);
    expect(new Set(footage.weeks.flat().map((cell) => cell?.kind ?? 'unknown'))).toEqual(new Set(['unknown']));
    expect(new Set(dayInHours(footage, dayBefore(at, 3))?.hours.map(({ kind }) => kind))).toEqual(new Set(['unknown']));
  });

  it.each<[string, RetentionView | undefined, boolean]>([
    ['by no recorder', undefined, false],
    ['by one of which the server believes nothing', { ...kept, state: 'unknown', keptDays: 0, unbrokenDays: 0 }, false],
    ['by one whose disks alone are unknown', { ...kept, state: 'unknown', oldest: onDay(at, 91, '00:00') }, true],
    ['as the server believes', kept, true],
  ])('knows days kept %s as little as the server does', (_, told, isKnown) => {
    const footage = camera({ told: told === undefined ? [] : [told] });
    expect(footage.isKnown).toBe(isKnown);
    expect(footage.weeks.flat().some((cell) => cell?.kind === 'complete')).toBe(isKnown);
  });

  it('leaves the new day unknown after midnight, and the last day asked about running', () => {
    const last = camera({ seconds: 10 * 3600, validSeconds: 86_400 })
      .weeks.flat()
      .filter((cell) => cell !== null);
    expect(last.slice(-2).map(({ kind }) => kind)).toEqual(['running', 'unknown']);
  });

  it.each<[string, FootageDay[], boolean]>([
    ['with every day complete', [day(3), day(2), day(1), day(0)], true],
    ['with something missing that no hole is listed for', [day(3), day(2, { recordedSeconds: 80_000 }), day(1), day(0)], false],
    ['with a day that was not told', [day(3), day(1), day(0)], false],
  ])('has no holes only %s', (_, days, whole) => {
    expect(isWhole(camera({ days, oldest: onDay(at, 3, '10:00') }))).toBe(whole);
  });
});

describe('the hours of a day', () => {
  it('are as full as the holes leave them', () => {
    const gaps = [{ from: onDay(at, 2, '08:45'), to: onDay(at, 2, '10:00'), cause: 'disk' } as const];
    const hours = dayInHours(camera({ days: [day(2, { recordedSeconds: 86_400 - 4500 }), day(0)], gaps }), dayBefore(at, 2))?.hours;
    expect(hours?.slice(7, 11)).toEqual([
      { kind: 'complete', share: 1 },
      { kind: 'gap', share: 0.75 },
      { kind: 'none', share: 0 },
      { kind: 'complete', share: 1 },
    ]);
  });

  it('are unknown where something is missing that no hole was listed for', () => {
    const found = dayInHours(camera({ days: [day(2, { recordedSeconds: 80_000 }), day(0)] }), dayBefore(at, 2));
    expect(found?.unlistedMs).toBe(6_400_000);
    expect(new Set(found?.hours.map(({ kind }) => kind))).toEqual(new Set(['unknown']));
  });

  it('end with the last closed file', () => {
    const days = [day(1), day(0, { recordedSeconds: sinceMidnight - 3000 })];
    const found = dayInHours(camera({ days, newest: later(at, -3000) }), dayBefore(at, 0));
    const kinds = found?.hours.map(({ kind }) => kind);
    expect([found?.unlistedMs, kinds?.[12], kinds?.[13], kinds?.[14]]).toEqual([0, 'complete', 'running', 'unknown']);
  });

  it('of today are unknown where more is missing than the file that is still open', () => {
    const days = [day(1), day(0, { recordedSeconds: sinceMidnight - 3000 })];
    const found = dayInHours(camera({ days, newest: later(at, -600) }), dayBefore(at, 0));
    expect([found?.unlistedMs, found?.hours[3]?.kind]).toEqual([2_400_000, 'unknown']);
  });

  it('of today are without footage from where recording stopped', () => {
    const stopped = onDay(at, 0, '09:00');
    const found = dayInHours(camera({ days: [day(1), day(0, { recordedSeconds: 9 * 3600 })], newest: stopped }), dayBefore(at, 0));
    expect(found?.holes).toEqual([{ from: Date.parse(stopped), to: Date.parse(at) }]);
    expect([found?.hours[8]?.kind, found?.hours[9]?.kind, found?.hours[15]?.kind]).toEqual(['complete', 'none', 'unknown']);
  });

  it('stay within the day for a hole that goes on over midnight, which counts whole as the longest', () => {
    const gaps = [{ from: onDay(at, 3, '23:00'), to: onDay(at, 2, '02:00') }];
    const footage = camera({ days: [day(3, { recordedSeconds: 82_800 }), day(2, { recordedSeconds: 79_200 }), day(0)], gaps });
    expect(dayInHours(footage, dayBefore(at, 2))?.holes).toEqual([
      { from: Date.parse(onDay(at, 2, '00:00')), to: Date.parse(onDay(at, 2, '02:00')) },
    ]);
    expect(longestHoleMs(footage)).toBe(3 * 3_600_000);
  });
});

describe('the outlook of a young camera', () => {
  const told: RetentionView = { camera: 'c', recorder: 'r', state: 'on-course', requiredDays: 90, keptDays: 12, unbrokenDays: 12 };
  const inWords = (about: Partial<RetentionView>) => outlookInWords({ ...told, ...about }, { words: zhCN, language: 'zh-CN' });

  it.each<[Partial<RetentionView>, string | undefined]>([
    [{ reachesOn: '2027-02-09' }, '已连续保存 12 天，预计 2027年2月9日 存满 90 天。'],
    [{}, undefined],
    [{ state: 'will-fall-short', holdsDays: 41.7 }, '硬盘约可存 41 天，达不到 90 天要求。'],
    [{ state: 'proven' }, undefined],
  ])('%j is told so', (about, sentence) => {
    expect(inWords(about)).toBe(sentence);
  });
});

function day(daysAgo: number, about: Partial<FootageDay> = {}): FootageDay {
  const expectedSeconds = daysAgo === 0 ? sinceMidnight : 86_400;
  return { day: dayBefore(at, daysAgo), expectedSeconds, recordedSeconds: expectedSeconds, ...about };
}

interface Of {
  days?: FootageDay[];
  gaps?: Hole[];
  oldest?: string;
  newest?: string;
  about?: Partial<FootageMeasured>;
  told?: RetentionView[];
  seconds?: number;
  validSeconds?: number;
}

/** The one camera of a canteen, as the calendar has it. */
function camera(of: Of = {}) {
  const { days = Array.from({ length: 92 }, (_, index) => day(91 - index)), gaps = [], about = {}, told = [kept], seconds = 0 } = of;
  const { oldest = onDay(at, 91, '00:00'), newest = at, validSeconds = 3600 } = of;
  const recordings = [{ camera: 'c', recording: 'r', oldest, newest, days, gaps, gapCount: gaps.length }];
  const canteen: CanteenView = {
    ...{ at, summary: summaryOf(at), gaps: [], layout: null, coverage: [], retention: told },
    devices: [
      { id: 'c', name: '灶台', kind: 'camera', zones: [], outcome: 'ok', facts: [] },
      {
        ...{ id: 'nvr', name: '录像机', kind: 'recorder', zones: [], outcome: 'ok' },
        facts: [
          {
            ...{ schemaVersion: 1, check: 'footage', device: 'nvr', outcome: 'ok', observedAt: at, validUntil: later(at, validSeconds) },
            measured: { method: 'profile-g-events', complete: true, from: onDay(at, 91, '00:00'), to: at, recordings, ...about },
          },
        ],
      },
    ],
  };
  const [found] = footageOf(canteen, { now: Date.parse(at) + seconds * 1000, believable: true, retention });
  if (found === undefined) throw new Error('the canteen has a camera');
  return found;
}
