import { describe, expect, it } from 'vitest';
import { createFootageLog, footageOf } from './footage.ts';

const utcOffsetMinutes = 480;
/** Ten in the morning in Shanghai. */
const now = Date.parse('2026-11-23T02:00:00Z');
const midnight = '2026-11-22T16:00:00.000Z';

const written = (footage: readonly { from: number; to: number }[]) =>
  footage.map(({ from, to }) => [new Date(from).toISOString(), new Date(to).toISOString()]);

describe('the footage of a simulated recorder', () => {
  it.each([
    ['begins at the local midnight some days ago', { days: 1, gaps: [] }, [['2026-11-21T16:00:00.000Z', '2026-11-23T02:00:00.000Z']]],
    [
      'lacks a whole day',
      { days: 2, gaps: [{ daysAgo: 1 }] },
      [
        ['2026-11-20T16:00:00.000Z', '2026-11-21T16:00:00.000Z'],
        [midnight, '2026-11-23T02:00:00.000Z'],
      ],
    ],
    [
      'lacks hours of the local day',
      { days: 0, gaps: [{ daysAgo: 0, from: '07:00', to: '08:30' }] },
      [
        [midnight, '2026-11-22T23:00:00.000Z'],
        ['2026-11-23T00:30:00.000Z', '2026-11-23T02:00:00.000Z'],
      ],
    ],
    ['has no hole where none is kept', { days: 0, gaps: [{ daysAgo: 3 }] }, [[midnight, '2026-11-23T02:00:00.000Z']]],
    ['may lack its end', { days: 0, gaps: [{ daysAgo: 0, from: '09:00' }] }, [[midnight, '2026-11-23T01:00:00.000Z']]],
  ])('%s', (_, history, expected) => {
    expect(written(footageOf({ ...history, utcOffsetMinutes, now }))).toEqual(expected);
  });

  it('refuses a time of day that is none', () => {
    expect(() => footageOf({ days: 1, gaps: [{ daysAgo: 0, from: '25:00' }], utcOffsetMinutes, now })).toThrow('"25:00" is no time of day');
  });

  it('grows while it records, loses its oldest day at midnight, and keeps the hole of a stop', () => {
    let time = now;
    const log = createFootageLog({ days: 1, gaps: [], utcOffsetMinutes, now: () => time });
    log.stop();
    time += 3_600_000;
    expect([log.recording(), written(log.footage())]).toEqual([false, [['2026-11-21T16:00:00.000Z', '2026-11-23T02:00:00.000Z']]]);
    log.start();
    time += 86_400_000;
    expect(written(log.footage())).toEqual([
      [midnight, '2026-11-23T02:00:00.000Z'],
      ['2026-11-23T03:00:00.000Z', '2026-11-24T03:00:00.000Z'],
    ]);
    expect([log.recording(), log.intended()]).toEqual([true, log.footage()]);
  });
});
