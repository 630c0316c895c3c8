// What of the gateway's own footage stays and what goes, and how its files are named: pure, by tables.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf } from '../../gateway/layout.ts';
import { createClockWatch } from '../../gateway/own-recording/clock-watch.ts';
import { daysOfRoom, keptFrom, planRetention } from '../../gateway/own-recording/retention.ts';
import { fileOf, type KeptSegment, segmentIn, settledSpan } from '../../gateway/own-recording/segment.ts';
import { createFakeClock } from '../fake-clock.ts';

const dayMs = 86_400_000;
const now = Date.parse('2026-11-25T08:00:00.000Z');
const keeping = { minDays: 90, maxDays: 100, keepFreeBytes: 50 };
const sound = { now, clockTrusted: true, faultTold: false, freeBytes: 1000 };

/** One segment of 10 bytes, a minute long, that ended so many days ago. */
function aged(days: number): KeptSegment {
  const segment = { camera: 'cooking-1', from: now - days * dayMs - 60_000, to: now - days * dayMs };
  return { ...segment, file: fileOf(segment), bytes: 10 };
}

const oldest = [101, 99, 91, 89, 1].map(aged);
const removed = (state: Partial<Parameters<typeof planRetention>[0]>) => planRetention({ oldest, ...sound, ...state }, keeping);

test.each([
  ['with room, only what is past its last day goes', {}, 1, 0, false],
  ['a clock that leapt removes nothing for its age', { clockTrusted: false }, 0, 0, false],
  ['a disk short of room gives up the oldest, and no more than it takes', { freeBytes: 35 }, 2, 0, false],
  ['what is past its least days may all go', { freeBytes: 20 }, 3, 0, false],
  ['what is not stays as long as nobody was told', { freeBytes: 19 }, 3, 1, false],
  ['and recording stands still before the disk is full', { freeBytes: -20 }, 3, 40, true],
  ['once that was told, the oldest goes before its time', { freeBytes: 19, faultTold: true }, 4, 1, false],
  ['with an untrusted clock too, since a full disk keeps nothing', { freeBytes: 35, clockTrusted: false }, 2, 0, false],
] as const)('%s', (_, state, count, lackingBytes, full) => {
  expect(removed(state)).toEqual({ remove: oldest.slice(0, count), lackingBytes, full });
});

test('nothing below the least days goes untold, and nothing beyond the most stays, whatever the disk', () => {
  const state = fc.record({
    days: fc.array(fc.double({ min: 0, max: 150, noNaN: true }), { maxLength: 40 }),
    freeBytes: fc.integer({ min: -200, max: 400 }),
  });
  fc.assert(
    fc.property(state, ({ days, freeBytes }) => {
      const segments = days.toSorted((a, b) => b - a).map(aged);
      const { remove } = planRetention({ ...sound, oldest: segments, freeBytes }, keeping);
      expect(remove).toEqual(segments.slice(0, remove.length)); // oldest first
      expect(remove.every(({ to }) => to < keptFrom(now, keeping.minDays))).toBe(true);
      expect(segments.slice(remove.length).every(({ to }) => to >= now - keeping.maxDays * dayMs)).toBe(true);
    }),
  );
});

test('the least days are whole days of the calendar, besides today', () => {
  const first = Date.parse('2026-08-27T00:00:00+08:00');
  for (const at of ['2026-11-25T00:00:00+08:00', '2026-11-25T23:59:59+08:00']) expect(keptFrom(Date.parse(at), 90)).toBe(first);
});

test('how many days there is room for follows from what a day weighs', () => {
  expect(daysOfRoom({ heldBytes: 400, freeBytes: 650, bytesPerDay: 10 }, keeping)).toBe(100);
  expect(daysOfRoom({ heldBytes: 0, freeBytes: 20, bytesPerDay: 10 }, keeping)).toBe(0);
  expect(daysOfRoom({ heldBytes: 0, freeBytes: 650, bytesPerDay: 0 }, keeping)).toBeUndefined();
});

test('a file is named for camera and time, and nothing else is taken for footage', () => {
  const segment = { camera: 'cooking-1', from: Date.parse('2026-11-25T08:00:00.123Z'), to: Date.parse('2026-11-25T08:05:00.087Z') };
  const file = 'cooking-1/2026-11-25/20261125T080000123Z-20261125T080500087Z.mkv';
  expect(fileOf(segment)).toBe(file);
  expect(segmentIn(file)).toEqual(segment);
  for (const strange of [
    'cooking-1/2026-11-24/20261125T080000123Z-20261125T080500087Z.mkv',
    'cooking-1/2026-11-25/20261125T080500087Z-20261125T080000123Z.mkv',
    'cooking-1/2026-11-25/20261325T080000123Z-20261325T080500087Z.mkv',
    'cooking-1/2026-11-25/20261125T080000123Z-20261125T080500087Z.mp4',
    'cooking-1/2026-11-25/notes.txt',
    'notes.txt',
  ])
    expect([strange, segmentIn(strange)]).toEqual([strange, undefined]);
});

test('a file is never longer than the time that passed while it was written', () => {
  expect(settledSpan({ from: 0, to: 300_000 }, 300_400)).toEqual({ from: 0, to: 300_000 });
  expect(settledSpan({ from: 0, to: 3_900_000 }, 300_000)).toEqual({ from: 0, to: 301_000 }); // the clock was put forward an hour
});

test.each([
  ['a clock that runs with the time is trusted', 0, 0, true, 0],
  ['a clock put right by a minute is noticed and still trusted', 0, 60_000, true, 1],
  ['a clock that leaps by a month is not trusted for a day', 0, 30 * dayMs, false, 1],
  ['a clock that fell back to the year it was made is not either', 0, -3650 * dayMs, false, 1],
  ['after a month off, the clock may have leapt meanwhile', 30 * dayMs, 0, false, 0],
])('%s', async (_, offMs, leapMs, trusted, noticed) => {
  const clock = createFakeClock(new Date(now).toISOString());
  let leapt = 0;
  let passed = 0;
  const stop = new AbortController();
  const sets: number[] = [];
  const watch = createClockWatch({
    now: () => clock.now() + passed + leapt,
    elapsed: () => clock.now() + passed,
    sleep: clock.sleep,
    lastSeen: now - offMs,
  });
  const running = watch.run(stop.signal, (byMs) => sets.push(byMs));
  await clock.advance(10_000);
  leapt = leapMs;
  await clock.advance(10_000);
  expect(watch.trusted()).toBe(trusted);
  expect(sets).toEqual(noticed === 1 ? [leapMs] : []);
  passed = dayMs;
  expect(watch.trusted()).toBe(true);
  stop.abort();
  await clock.advance(2000);
  await running;
});

test('to the server the own recording is a recorder like any other', () => {
  const cameras = [{ id: 'cooking-1', name: 'Stove', zones: [], address: '127.0.0.1' }];
  const sizes = { minDays: 90, keepFreeGigabytes: 5, segmentSeconds: 300 };
  const recording = { id: 'own-recording', name: 'Own', folder: '/footage', cameras: ['cooking-1'], ...sizes };
  expect(layoutOf({ zones: [], cameras, recorders: [], recording }).recorders).toEqual([
    { id: 'own-recording', name: 'Own', cameras: ['cooking-1'] },
  ]);
});
