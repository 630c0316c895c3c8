// Whether an event says yes or no, as makers write it.
import { expect, test } from 'vitest';
import { createEventStates } from '../../gateway/probes/event-states.ts';
import { isActive } from '../../gateway/probes/event-topics.ts';

test.each([
  [{ State: 'true' }, true],
  [{ State: '0' }, false],
  [{ IsTamper: ' TRUE ' }, true],
  [{ LogicalState: 'inactive' }, false],
  [{ Channel: '1', State: 'false' }, false],
  [{ Index: '0', State: 'true' }, true],
  [{ Channel: '1', Alarm: 'false' }, false],
  [{ Index: '0', Value: '1' }, true],
  [{ Alarm: '1' }, true],
  [{ Region: '0', Rule: 'loitering', Alarm: 'active' }, true],
])('%j is %s', (data, active) => {
  expect(isActive(new Map(Object.entries(data)))).toBe(active);
});

test.each<Record<string, string>>([{ Score: '87' }, { Name: 'constructor' }, {}])('%j says neither', (data) => {
  expect(isActive(new Map(Object.entries(data)))).toBeUndefined();
});

test.each<Record<string, string>>([{ State: 'true', Value: 'false' }, { Channel: '1', Alarm: '0' }, { State: 'unknown' }])(
  '%j cannot be made out',
  (data) => {
    expect(isActive(new Map(Object.entries(data)))).toBe('unclear');
  },
);

test('an event without an operation happens if it says nothing of a state, and is passed over where that cannot be made out', () => {
  const toldOf = (data: Record<string, string>) => {
    const states = createEventStates();
    const event = { topic: 'VideoSource/Tamper', source: '1', operation: undefined, data: new Map(Object.entries(data)) };
    states.heard([event], 0);
    return states.now(1000).tamper.map(({ active }) => active);
  };
  expect(toldOf({})).toEqual([true]);
  expect(toldOf({ Score: '87' })).toEqual([true]);
  expect(toldOf({ State: 'unknown' })).toEqual([]);
  expect(toldOf({ State: 'true', Value: 'false' })).toEqual([]);
});

test.each([undefined, 'Changed'] as const)(
  'after an event (%s) whose state cannot be made out, what was told before is not known any more',
  (operation) => {
    const states = createEventStates();
    const event = (state: string) => ({ topic: 'VideoSource/Tamper', source: '1', operation, data: new Map([['State', state]]) });
    const told = (state: string, at: number) => {
      states.heard([event(state)], at);
      return states.now(at).tamper.map(({ active, stale }) => ({ active, stale }));
    };
    expect(told('false', 0)).toEqual([{ active: false, stale: false }]);
    expect(told('unknown', 1000)).toEqual([{ active: false, stale: true }]);
    expect(told('false', 2000)).toEqual([{ active: false, stale: false }]);
  },
);
