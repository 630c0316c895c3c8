import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOverlayClock } from '../../gateway/overlay-clock/overlay-clock.ts';
import { readClock } from '../../gateway/overlay-clock/read-clock.ts';
import { type WrittenClock, writeClock } from '../simulators/written-clocks.ts';

const written: WrittenClock[] = [
  { font: 'DejaVu Sans', size: 36, style: 'outlined', background: 'grey', date: '2026-11-25  ' },
  { font: 'DejaVu Sans Mono', size: 28, style: 'white', background: 'dark', date: '' },
  { font: 'DejaVu Sans Mono', size: 44, style: 'black', background: 'bright', date: '2026-11-25  ' },
  { font: 'Noto Sans CJK SC', size: 48, style: 'outlined', background: 'busy', date: '11月25日 星期三 ' },
  { font: 'Noto Sans CJK SC', size: 32, style: 'outlined', background: 'bright', date: '2026-11-25  ' },
];

describe('the time written into a picture', () => {
  test.each(written)('is read: $font, $size pixels, $style on a $background background, after “$date”', async (clock) => {
    for (const { margin, shows } of await writeClock(clock)) expect(readClock([margin])?.text).toBe(shows);
  });

  test('is not guessed where it is as bright as what lies behind it', async () => {
    for (const { margin } of await writeClock({ font: 'DejaVu Sans', size: 36, style: 'white', background: 'bright', date: '' }))
      expect(readClock([margin])).toBeUndefined();
  });

  test('is not read where two clocks show different times', async () => {
    const [first, second] = await writeClock({ font: 'DejaVu Sans', size: 36, style: 'outlined', background: 'grey', date: '' });
    expect(first && second && readClock([first.margin, second.margin])).toBeUndefined();
    expect(first && readClock([first.margin, first.margin])?.text).toBe(first?.shows);
  });

  test('is never seen in noise, whatever its grain', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 8, max: 250 }),
        (seed, grain, level) => {
          const [width, height] = [320, 90];
          expect(readClock([{ luma: noise({ seed, grain, level, width, height }), width, height }])).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('how far the overlay clock is off', () => {
  const noon = Date.parse('2026-11-25T12:00:00+08:00');
  const minute = 60_000;
  const at = (ms: number) => ({ from: ms - 2000, to: ms });
  const shows = (text: string) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return { text, secondsOfDay: hours * 3600 + minutes * 60 + seconds };
  };
  const look = (...seen: [string | undefined, number][]) => {
    const clock = createOverlayClock('Asia/Shanghai');
    return seen.map(([text, ms]) => clock.note(text === undefined ? undefined : shows(text), at(noon + ms)));
  };

  test('is told only once two looks agree', () => {
    expect(look(['12:02:00', 0], ['12:07:01', 5 * minute])).toEqual([
      undefined,
      { shown: '12:07:01', readAt: '2026-11-25T04:05:00.000Z', offsetSeconds: 122.5, uncertaintySeconds: 1.5 },
    ]);
    expect(look(['12:02:00', 0], ['18:05:00', 5 * minute]).at(-1)).toBeUndefined();
  });

  test('is told of a clock that stands', () => {
    expect(look(['11:00:00', 0], ['11:00:00', 5 * minute]).at(-1)).toMatchObject({ shown: '11:00:00', offsetSeconds: -3898.5 });
  });

  test('outlasts looks in which it cannot be read, for an hour', () => {
    const seen = look(['12:00:00', 0], ['12:05:00', 5 * minute], [undefined, 64 * minute], [undefined, 66 * minute]);
    expect(seen[2]).toMatchObject({ shown: '12:05:00' });
    expect(seen[3]).toBeUndefined();
  });

  test.each([
    ['01:00:00', 13 * 60, 1.5, 'a clock of twelve hours in the afternoon'],
    ['13:00:00', 13 * 60, 1.5, 'a clock of twenty-four hours'],
    ['23:59:58', 24 * 60, -0.5, 'a clock just before midnight, when it is just after'],
    ['21:00:00', 13 * 60, 28801.5, 'the time of another time zone'],
  ])('%s, %i minutes after midnight, is %f s off: %s', (text, minutes, offsetSeconds) => {
    const midnight = -12 * 60 * minute;
    const [, told] = look([text, midnight + minutes * minute], [text, midnight + minutes * minute]);
    expect(told).toMatchObject({ offsetSeconds });
  });
});

function noise({ seed, grain, level, width, height }: { seed: number; grain: number; level: number; width: number; height: number }) {
  const dot = (x: number, y: number) => (Math.imul((x + 1) * 73_856_093 + (y + 1) * 19_349_663, seed | 1) >>> 13) % 256;
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const value = dot(Math.floor((at % width) / grain), Math.floor(at / width / grain));
    return value > level ? 235 : 40;
  });
}
