// The count at the end of the chaos: every defect that it is there to find, planted by hand.
import { expect, test } from 'vitest';
import { count, isRight, type StoredEvent, type StoredGap } from '../../scripts/chaos/count.ts';
import type { Decision } from '../../scripts/chaos/journal.ts';

const decided = (...outcomes: Decision['outcome'][]): Decision[] =>
  outcomes.map((outcome, index) => ({ number: index + 1, camera: 'camera-1', outcome, unsure: false }));
const asStored = (decisions: Decision[]): StoredEvent[] =>
  decisions.map(({ number, camera, outcome }) => ({ canteen: 'c', number, camera, outcome }));
const gap = (about: Partial<StoredGap> = {}): StoredGap => ({
  ...{ canteen: 'c', rule: 'camera-unreachable', device: 'camera-1', certainty: 'fault', status: 'open' },
  ...{ openedAt: '2026-11-26T08:00:00.000Z', closedAt: null, ...about },
});
const closed = gap({ status: 'closed', closedAt: '2026-11-26T08:01:00.000Z' });
const later = gap({ openedAt: '2026-11-26T08:02:00.000Z' });

const made = decided('ok', 'fault', 'ok', 'fault');
const all = asStored(made);
const counted = (events: StoredEvent[], gaps: StoredGap[], decisions = made) => count(new Map([['c', decisions]]), { events, gaps });

test('what was decided, stored once, with the gaps it makes, is right', () => {
  const found = counted(all, [closed, later]);
  expect(found).toMatchObject({ decided: 4, stored: 4, lost: [], doubled: [], strange: [], gaps: { opened: 2, open: 1, wrong: [] } });
  expect(isRight(found)).toBe(true);
});

test.each<[string, StoredEvent[], StoredGap[]]>([
  ['a fact that is missing', all.slice(1), [closed, later]],
  ['a fact stored twice', [...all, ...all.slice(0, 1)], [closed, later]],
  ['a fact stored as another', [...all.slice(1), { ...all[0], canteen: 'c', outcome: 'fault' }], [closed, later]],
  ['a fact nobody decided', [...all, { canteen: 'c', number: 9, camera: 'camera-1', outcome: 'ok' }], [closed, later]],
  ['a loss', [...all, { canteen: 'c', loss: '1 to 2, outbox-full' }], [closed, later]],
  ['a fault without a gap', all, [closed]],
  ['a gap opened twice', all, [later, { ...later }]],
  [
    'more gaps than faults',
    all,
    [closed, { ...closed, openedAt: '2026-11-26T08:01:30.000Z', closedAt: '2026-11-26T08:01:40.000Z' }, later],
  ],
  ['gaps that overlap', all, [{ ...closed, closedAt: '2026-11-26T08:03:00.000Z' }, later]],
])('%s is found', (_, events, gaps) => {
  expect(isRight(counted(events, gaps))).toBe(false);
});

test('a gap that stays open after its last fact is sound is found', () => {
  const sound = decided('ok', 'fault', 'ok');
  expect(isRight(counted(asStored(sound), [closed], sound))).toBe(true);
  expect(isRight(counted(asStored(sound), [gap()], sound))).toBe(false);
});

test('what a kill caught in the middle of being decided may be stored or not, but not twice', () => {
  const unsure: Decision[] = [...decided('ok'), { number: 2, camera: 'camera-1', outcome: 'ok', unsure: true }];
  const events = asStored(unsure);
  for (const stored of [events, events.slice(0, 1)]) expect(isRight(counted(stored, [], unsure))).toBe(true);
  expect(isRight(counted([...events, ...events.slice(1)], [], unsure))).toBe(false);
});
