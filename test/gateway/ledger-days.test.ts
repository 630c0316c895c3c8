// Which days a recorder is asked for in one look, and what an answer does to what was known.
import { describe, expect, test } from 'vitest';
import { firstWindows, furtherDays, runs } from '../../gateway/ledger/days-to-ask.ts';
import { type DeviceLedger, emptyLedger, isTold, ledgerKey, noted } from '../../gateway/ledger/device-ledger.ts';
import type { FootageAnswer, HeldPart } from '../../gateway/recorders/footage-source.ts';
import type { Stretch } from '../../gateway/recorders/spans.ts';

const hour = 3_600_000;
const day = 24 * hour;
const utcOffsetMinutes = 480;
/** Noon in China, 23 November; that day's midnight. */
const noon = Date.UTC(2026, 10, 23, 4);
const midnight = noon - 12 * hour;
const window = { from: noon - 10 * day, to: noon };
const key = ledgerKey('m', 'r');
const ago = (days: number): Stretch => ({ from: midnight - days * day, to: midnight - (days - 1) * day });

function answer(parts: HeldPart[], about: Partial<FootageAnswer> = {}): FootageAnswer {
  return { method: 'm', utcOffsetMinutes, aheadMs: 0, complete: true, held: [{ recording: 'r', camera: undefined, parts }], ...about };
}
const whole = (asked: Stretch): HeldPart => ({ asked, stretches: [asked], complete: true });
const told = (ledger: DeviceLedger, parts: HeldPart[], about: { at?: number; aheadMs?: number; complete?: boolean } = {}) => {
  const { at = noon, ...rest } = about;
  return noted(ledger, answer(parts, rest), { windows: parts.map(({ asked }) => asked), at });
};
const empty = emptyLedger(utcOffsetMinutes);
const further = (ledger: DeviceLedger, now: { at?: number; aheadMs?: number } = {}) => {
  const { unknown, cutShort, again } = furtherDays({ ledger, recordings: [key], window }, { at: noon, aheadMs: 0, ...now });
  const daysAgo = (days: Stretch[]) => days.map(({ from }) => (midnight - from) / day);
  return { unknown: daysAgo(unknown), cutShort: daysAgo(cutShort), again: daysAgo(again) };
};

describe('the days to ask for', () => {
  test('first are the newest three, as one window, while nothing is known', () => {
    expect(firstWindows({ ledger: empty, window })).toEqual([{ from: midnight - 2 * day, to: noon }]);
  });

  test('first are also the oldest that holds something, and the newest where the recorder has stopped', () => {
    const ledger = told(empty, [ago(5), ago(6), ago(8)].map(whole));
    expect(firstWindows({ ledger, window })).toEqual([ago(8), ago(5), { from: midnight - day, to: noon }]);
  });

  test('further are the oldest two, then the newest, until all are known', () => {
    expect(further(empty).unknown).toEqual([10, 9, 2, 3, 4, 5, 6, 7, 8]);
    const ledger = told(empty, [ago(10), ago(9), ago(2), ago(4)].map(whole));
    expect(further(ledger).unknown).toEqual([8, 7, 3, 5, 6]);
  });

  test('that were cut short come by themselves', () => {
    const ledger = told(empty, [{ ...whole(ago(4)), complete: false }]);
    expect(further(ledger)).toMatchObject({ cutShort: [4], unknown: [10, 9, 2, 3, 5, 6, 7, 8] });
  });

  test('come again a day later, those asked for longest ago first', () => {
    const first = told(empty, [ago(3), ago(4)].map(whole), { at: noon - 30 * hour });
    const ledger = told(told(first, [whole(ago(4))], { at: noon - 26 * hour }), [whole(ago(5))]);
    expect(further(ledger).again).toEqual([3, 4]);
  });

  test('are all asked for anew when the recorder’s clock jumped, and after a week without an answer', () => {
    const ledger = told(
      empty,
      Array.from({ length: 9 }, (_, index) => whole(ago(index + 2))),
    );
    expect(further(ledger).unknown).toEqual([]);
    expect(further(ledger, { aheadMs: 40_000 }).unknown).toHaveLength(9);
    expect(further(ledger, { at: noon + 8 * day }).unknown).toHaveLength(9);
  });

  test('that follow one another are one window, and none lies in the future', () => {
    expect(runs([ago(0), ago(3), ago(1), ago(2)], { to: noon })).toEqual([{ from: midnight - 3 * day, to: noon }]);
  });
});

describe('an answer', () => {
  const dayIn = (ledger: DeviceLedger, name = '2026-11-20') => ledger.recordings[key]?.days[name];
  const kept = told(empty, [whole(ago(3))]);
  const nothing = { asked: ago(3), stretches: [], complete: true };

  test('that is only half one takes nothing back', () => {
    expect(dayIn(told(kept, [{ ...nothing, complete: false }]))).toMatchObject({ complete: true, footage: [ago(3)] });
    expect(dayIn(told(kept, [nothing], { complete: false }))).toMatchObject({ complete: true, footage: [ago(3)] });
  });

  test('that misses what was there tells it as lost, until it is there again', () => {
    const half = { from: ago(3).from, to: ago(3).from + 12 * hour };
    const ledger = told(kept, [{ asked: ago(3), stretches: [half], complete: true }]);
    expect(dayIn(ledger)?.lost).toEqual([{ from: half.to, to: ago(3).to }]);
    expect(dayIn(told(ledger, [nothing]))?.lost).toEqual([ago(3)]);
    expect(dayIn(told(ledger, [whole(ago(3))]))?.lost).toBeUndefined();
  });

  test('by another clock loses nothing', () => {
    expect(dayIn(told(kept, [nothing], { aheadMs: 3_600_000 }))?.lost).toBeUndefined();
  });

  test('that is a refusal counts when it comes twice', () => {
    const refused = { ...nothing, refused: true as const };
    const once = told(kept, [refused]);
    expect(dayIn(once)).toMatchObject({ complete: true, footage: [ago(3)] });
    expect(dayIn(told(once, [whole(ago(3))]))?.refused).toBeUndefined();
    expect(dayIn(told(once, [refused]))).toMatchObject({ complete: true, footage: [], lost: [ago(3)] });
    expect(dayIn(told(empty, [refused]))?.complete).toBe(false);
    expect(dayIn(told(told(empty, [refused]), [refused]))?.complete).toBe(true);
  });

  test('in another time zone begins the ledger anew', () => {
    const ledger = noted(kept, answer([whole(ago(1))], { utcOffsetMinutes: 0 }), { windows: [ago(1)], at: noon });
    expect(Object.keys(ledger.recordings[key]?.days ?? {})).toEqual(['2026-11-21', '2026-11-22']);
    expect(ledger.utcOffsetMinutes).toBe(0);
  });

  test('of a part of today is not one of the whole day', () => {
    const morning = told(empty, [whole({ from: midnight, to: noon })]);
    const today = dayIn(morning, '2026-11-23');
    expect(today).toMatchObject({ complete: true, to: noon });
    expect(today !== undefined && isTold(today, { aheadMs: 0, at: noon })).toBe(true);
    const tomorrow = { from: window.from + 3 * day, to: noon + 3 * day };
    const { unknown } = furtherDays({ ledger: morning, recordings: [key], window: tomorrow }, { at: noon + 3 * day, aheadMs: 0 });
    expect(unknown).toContainEqual(expect.objectContaining(ago(0)));
  });
});
