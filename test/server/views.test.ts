// What the pages show of a device, where it tells more or less than others.
import { expect, it } from 'vitest';
import { assess } from '../../server/compliance/assess.ts';
import type { CanteenState } from '../../server/compliance/state.ts';
import { canteenView } from '../../server/routes/views.ts';
import { identity, noon, sound, standard, tell } from './compliance/canteen.ts';

function cardOf(state: CanteenState) {
  const { open, summary } = assess({ canteen: identity, state, open: [], standard, now: noon });
  return canteenView({ identity, state, open, summary }, { standard, now: noon }).devices.find(({ id }) => id === 'hall-1');
}

it('a camera without events and with an account nobody tells of lacks nothing, and is not said to', () => {
  const state = (['tamper', 'inputs', 'account'] as const).reduce(
    (before, check) => tell(before, 'hall-1', check, { outcome: 'unknown', fault: 'not-supported', measured: 'nothing' }),
    sound(),
  );
  const card = cardOf(state);
  expect(card?.outcome).toBe('ok');
  expect(card?.facts.map(({ check }) => check)).toEqual(['reachable', 'identity', 'clock', 'stream', 'picture']);
});

it('a camera that is no longer heard stays what its pictures show, and the broken line is told', () => {
  const card = cardOf(tell(sound(), 'hall-1', 'tamper', { outcome: 'unknown', fault: 'no-answer' }));
  expect(card?.outcome).toBe('ok');
  expect(card?.facts.find(({ check }) => check === 'tamper')).toMatchObject({ outcome: 'unknown', fault: 'no-answer' });
});

it('a camera that tells of tampering is at fault', () => {
  const sources = [{ kind: 'covered' as const, topic: 'Tamper', source: '1', active: true, at: '2026-11-23T03:00:00.000Z' }];
  expect(cardOf(tell(sound(), 'hall-1', 'tamper', { outcome: 'fault', fault: 'tampered', measured: { sources } }))?.outcome).toBe('fault');
});
