import { expect, test } from 'vitest';
import { validator } from '#config/validate.ts';
import { isOpenAt, OpeningHours, problemOfHours } from '../../../gateway/pictures/opening-hours.ts';

function hours(about: object): OpeningHours {
  const checked = validator(OpeningHours)(about);
  if (!checked.ok) throw new Error(checked.problem);
  return checked.value;
}

const weekdays = hours({ monday: ['06:00-14:00', '16:30-24:00'], sunday: ['07:00-12:00'] });

test.each([
  ['2026-11-22T21:59:59Z', false], // Monday 05:59 in Shanghai
  ['2026-11-22T22:00:00Z', true],
  ['2026-11-23T05:59:59Z', true],
  ['2026-11-23T06:00:00Z', false],
  ['2026-11-23T08:30:00Z', true],
  ['2026-11-23T15:59:59Z', true],
  ['2026-11-23T16:00:00Z', false], // Tuesday has begun
  ['2026-11-22T01:00:00Z', true], // Sunday morning
])('at %s a canteen with such hours is open: %s', (at, open) => {
  expect(isOpenAt(weekdays, Date.parse(at))).toBe(open);
});

test('a canteen that tells no hours is always open', () => {
  expect(isOpenAt(undefined, Date.parse('2026-11-23T20:00:00Z'))).toBe(true);
});

test.each([
  [{ timeZone: 'Asia/Taiyuan' }, 'no time zone'],
  [{ friday: ['22:00-02:00'] }, 'ends before it begins'],
  [{}, 'no day has any'],
  [{ timeZone: 'Asia/Shanghai', sunday: [] }, 'no day has any'],
])('hours that cannot be are told in a sentence: %j', (about, words) => {
  expect(problemOfHours(hours(about))).toContain(words);
  expect(problemOfHours(weekdays)).toBeUndefined();
});

test('hours that are no hours are refused', () => {
  expect(validator(OpeningHours)({ monday: ['6-20'] })).toMatchObject({ ok: false });
});
