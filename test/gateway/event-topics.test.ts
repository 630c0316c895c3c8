// Whether an event says yes or no, as makers write it.
import { expect, test } from 'vitest';
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

test.each<Record<string, string>>([
  { State: 'true', Value: 'false' },
  { Channel: '1', Alarm: '0' },
  { Score: '87' },
  { Name: 'constructor' },
  {},
])('%j says neither', (data) => {
  expect(isActive(new Map(Object.entries(data)))).toBeUndefined();
});
