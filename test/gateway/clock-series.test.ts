// What many readings of a device's clock tell that one does not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClockSeries } from '../../gateway/probes/clock-series.ts';

const start = Date.parse('2026-11-25T00:00:00Z');
const minute = 60_000;

/** Looks every minute at a device whose clock, by the real time, is `ahead` seconds ahead; told in whole seconds, as devices do. */
function watch(minutes: number, ahead: (ms: number) => number, ours: (ms: number) => number = () => 0) {
  const series = createClockSeries();
  let told = series.add({ offsetSeconds: 0, uncertaintySeconds: 0.5 }, { at: start, monotonicMs: 0 });
  for (let ms = minute; ms <= minutes * minute; ms += minute) {
    // Looks do not fall on whole seconds.
    const monotonicMs = ms + (((ms / minute) * 137) % 1000);
    const at = start + monotonicMs + ours(ms) * 1000;
    const shown = Math.floor((start + monotonicMs) / 1000 + ahead(ms)) * 1000 + 500;
    told = series.add({ offsetSeconds: (shown - at) / 1000, uncertaintySeconds: 0.5 }, { at, monotonicMs });
  }
  return told;
}

describe('the drift of a clock', () => {
  test.each([-6, -2, 0, 2.5, 6])('of %d seconds a day is found in a day', (perDay) => {
    expect(watch(1440, (ms) => (perDay * ms) / 86_400_000).driftSecondsPerDay).toBeCloseTo(perDay, 0);
  });

  test('is not told before it can be known', () => {
    expect(watch(300, () => 0).driftSecondsPerDay).toBeUndefined();
  });

  test('is not made up from a clock of ours that was set', () => {
    const told = watch(
      1440,
      () => 0,
      (ms) => (ms > 700 * minute ? 30 : 0),
    );
    expect(told.jump).toBeUndefined();
    expect(Math.abs(told.driftSecondsPerDay ?? 99)).toBeLessThan(0.5);
  });

  test('is never anything but a number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1e7 })), { maxLength: 60 }),
        (readings) => {
          const series = createClockSeries();
          let monotonicMs = 0;
          for (const [offsetSeconds, ms] of readings) {
            monotonicMs += ms;
            const told = series.add({ offsetSeconds, uncertaintySeconds: 0.5 }, { at: start + monotonicMs, monotonicMs });
            expect(Number.isFinite(told.driftSecondsPerDay ?? 0)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('a clock that is set', () => {
  test('is told, with by how much and when it was noticed, and its drift begins anew', () => {
    const told = watch(1440, (ms) => (ms >= 1400 * minute ? -3600 : 0));
    expect(told.jump?.at).toMatch(/^2026-11-25T23:20:00/);
    expect(told.jump?.seconds).toBeCloseTo(-3600, -1);
    expect(told.driftSecondsPerDay).toBeUndefined();
  });

  test('by less than can be measured is not', () => {
    expect(watch(60, (ms) => (ms >= 30 * minute ? 1 : 0)).jump).toBeUndefined();
  });

  test('is told once, and stays told', () => {
    expect(watch(100, (ms) => (ms >= 50 * minute ? 120 : 0)).jump?.seconds).toBeCloseTo(120, -1);
  });
});
