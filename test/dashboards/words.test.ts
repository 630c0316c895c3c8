import { describe, expect, it } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import { en } from '../../dashboards/i18n/en.ts';
import { momentInWords, spanInWords } from '../../dashboards/i18n/times.ts';
import { zhCN } from '../../dashboards/i18n/zh-CN.ts';
import { factInWords } from '../../dashboards/regulator/fact-words.ts';
import { zoneReasons } from '../../dashboards/regulator/zone-reasons.ts';
import { zone } from './district.ts';

const now = Date.parse('2026-11-23T16:30:00.000Z');

describe('times in words', () => {
  it.each([
    [-5_000, '0 秒', '0 s'],
    [59_999, '59 秒', '59 s'],
    [60_000, '1 分钟', '1 min'],
    [3_600_000, '1 小时', '1 h'],
    [3_660_000, '1 小时 1 分', '1 h 1 min'],
    [86_400_000, '1 天', '1 day'],
    [200_000_000, '2 天 7 小时', '2 days 7 h'],
  ])('%i ms are %s, %s', (ms, chinese, english) => {
    expect(spanInWords(ms, zhCN)).toBe(chinese);
    expect(spanInWords(ms, en)).toBe(english);
  });

  // 16:30 UTC is half past midnight of the next day in the canteens' time zone.
  it.each([
    ['2026-11-23T16:00:01.000Z', '00:00:01'],
    ['2026-11-23T15:59:59.000Z', '11月23日 23:59'],
  ])('%s is told as %s, by the canteens’ time zone', (moment, told) => {
    expect(momentInWords(moment, { now, language: 'zh-CN' })).toBe(told);
  });
});

describe('a fact in words', () => {
  const seen = {
    schemaVersion: 1,
    device: 'cam-1',
    outcome: 'ok',
    observedAt: '2026-11-23T06:30:00Z',
    validUntil: '2026-11-23T06:35:00Z',
  } as const;
  const clock = (offsetSeconds: number): Fact => ({ ...seen, check: 'clock', measured: { offsetSeconds, uncertaintySeconds: 0.5 } });
  const saying = { words: zhCN, language: 'zh-CN', cameraName: (id: string) => `名-${id}` } as const;
  const footage = (about: { oldest?: string; gapCount: number }): Fact => ({
    ...seen,
    check: 'footage',
    measured: {
      method: 'profile-g-events',
      complete: true,
      from: '2026-08-25T00:00:00Z',
      to: '2026-11-23T00:00:00Z',
      recordings: [{ camera: 'cam-1', recording: 'r1', days: [], gaps: [], ...about }],
    },
  });

  const playback = (...deviations: (number | undefined)[]): Fact => ({
    ...seen,
    check: 'playback',
    measured: {
      samples: deviations.map((deviationSeconds) => ({
        recording: 'r1',
        asked: '2026-08-26T06:02:33Z',
        ...(deviationSeconds === undefined ? { outcome: 'fault', fault: 'stalled' } : { outcome: 'ok', deviationSeconds }),
      })),
    },
  });

  const showing = (offsetSeconds: number): Fact => ({
    ...seen,
    check: 'stream',
    measured: {
      ...{ codec: 'h264', width: 1920, height: 1080, sampledSeconds: 5, via: 'media2' },
      overlayClock: { shown: '00:20:00', readAt: '2026-11-23T16:20:00.000Z', offsetSeconds, uncertaintySeconds: 4 },
    },
  });

  it.each<[Fact, string[]]>([
    [clock(-1.24), ['误差 1.2 秒']],
    [clock(-75.4), ['慢 75 秒']],
    [clock(28_800), ['快 8 小时']],
    [showing(3.5), ['H.264', '1920×1080', '画面时间 00:20:00（误差 0 秒）']],
    [showing(-600), ['H.264', '1920×1080', '画面时间 00:20:00（慢 600 秒）']],
    [{ ...seen, check: 'reachable', outcome: 'fault', fault: 'no-answer' }, ['设备无应答']],
    [{ ...seen, check: 'identity' }, []],
    [footage({ oldest: '2026-08-25T00:00:00Z', gapCount: 2 }), ['名-cam-1：自 2026年8月25日 起，缺段 2 处']],
    [footage({ gapCount: 0 }), ['名-cam-1：没有录像']],
    [playback(-0.5, 0.2, undefined), ['抽查 3 处，可回放 2 处', '与所点时刻相差至多 1 秒']],
    [playback(undefined), ['抽查 1 处，可回放 0 处']],
    [playback(), []],
  ])('%# is told so', (fact, told) => {
    expect(factInWords(fact, saying)).toEqual(told);
  });
});

describe('the reasons of zones', () => {
  it('are each told once, with all zones they hold for', () => {
    const reason = { zh: '网关失联', en: 'the gateway is silent' };
    const zones = [zone('dining', 'unknown', reason), zone('cooking', 'ok'), zone('cleaning', 'unknown', reason)];
    expect(zoneReasons(zones, { words: zhCN, inWords: (text) => text.zh })).toEqual(['就餐区、清洁区：网关失联']);
  });

  it('are never left out for a zone that is not in order', () => {
    expect(zoneReasons([zone('cooking', 'unknown')], { words: en, inWords: (text) => text.en })).toEqual([
      'Cooking: data out of date, cannot be told',
    ]);
  });
});
