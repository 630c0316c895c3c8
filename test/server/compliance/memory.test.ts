import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CheckName } from '#contract/facts.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Outcome } from '#contract/primitives.ts';
import { assess } from '../../../server/compliance/assess.ts';
import { createMemory } from '../../../server/compliance/memory.ts';
import { type CanteenState, expectFrom, shiftClock } from '../../../server/compliance/state.ts';
import { beat, footage, identity, laidOut, layout, minute, noon, sound, standard, tell } from './canteen.ts';

interface At {
  state: CanteenState;
  now: number;
}
type Step = (at: At) => At;

const cameraChecks: CheckName[] = ['reachable', 'identity', 'clock', 'stream', 'picture', 'tamper', 'account'];
const recorderChecks: CheckName[] = ['reachable', 'clock', 'footage', 'playback', 'storage', 'account'];
const outcomes: Outcome[] = ['ok', 'ok', 'ok', 'fault', 'unknown'];
const about = [
  ...layout.cameras.flatMap(({ id }) => cameraChecks.map((check) => ({ device: id, check }))),
  ...layout.recorders.flatMap(({ id }) => recorderChecks.map((check) => ({ device: id, check }))),
  ...layout.zones.map(({ id }) => ({ device: id, check: 'coverage' as const })),
];
const faults = {
  reachable: 'no-answer',
  identity: 'wrong-device',
  picture: 'covered',
  stream: 'stalled',
  storage: 'not-supported',
} as const;

const told: fc.Arbitrary<Step> = fc
  .record({ what: fc.constantFrom(...about), outcome: fc.constantFrom(...outcomes), lastsMs: fc.constantFrom(2 * minute, 60 * minute) })
  .map(({ what: { device, check }, outcome, lastsMs }) => ({ state, now }) => {
    const fault = outcome === 'ok' ? undefined : (faults as Partial<Record<CheckName, (typeof faults)[keyof typeof faults]>>)[check];
    return { state: tell(state, device, check, { outcome, at: now, lastsMs, ...(fault && { fault }) }), now };
  });
const closed: Step = ({ state, now }) => ({
  state: tell(state, 'hall-1', 'picture', { outcome: 'unknown', fault: 'closed', at: now, lastsMs: 30 * minute }),
  now,
});
const short: fc.Arbitrary<Step> = fc.integer({ min: 0, max: 95 }).map((days) => ({ state, now }) => ({
  state: tell(state, 'nvr', 'footage', { measured: footage(days), at: now }),
  now,
}));
const lost: Step = ({ state, now }) => ({
  state: { ...state, losses: [...state.losses, { at: now, from: 1, to: 9, reason: 'outbox-full' }] },
  now,
});
const heard: Step = ({ state, now }) => ({ state: beat(state, now), now });
const later: fc.Arbitrary<Step> = fc.constantFrom(1, 10_000, minute, 3 * minute, 61 * minute, -minute).map((ms) => ({ state, now }) => ({
  state,
  now: now + ms,
}));
const setBack: Step = ({ state, now }) => ({ state: shiftClock(state, -5 * minute), now: now - 5 * minute });
const restarted: Step = ({ state, now }) => ({ state: expectFrom(state, now), now });
const rebuilt: fc.Arbitrary<Step> = fc
  .constantFrom(layout, { ...layout, cameras: layout.cameras.slice(1) })
  .map((plan) => ({ state, now }) => ({
    state: laidOut(state, plan, now),
    now,
  }));

const step = fc.oneof(
  { arbitrary: told, weight: 8 },
  { arbitrary: later, weight: 4 },
  { arbitrary: fc.constant(heard), weight: 4 },
  { arbitrary: fc.oneof(short, rebuilt, fc.constantFrom(closed, lost, setBack, restarted)), weight: 2 },
);

it('a canteen is judged with what is remembered exactly as without, whatever is told and however time passes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 5, maxLength: 40 }), (steps) => {
      const memory = createMemory();
      let at: At = { state: sound(), now: noon };
      let open: Gap[] = [];
      for (const [next, isStored] of steps) {
        const after = next(at);
        const question = { canteen: identity, state: after.state, open, standard, now: after.now };
        const judged = assess({ ...question, memory });
        expect(judged).toEqual(assess(question));
        // Where it cannot be stored, everything goes on from what was before, though the memory has seen more.
        if (isStored || after.now !== at.now) at = after;
        if (isStored) open = judged.open;
      }
    }),
    { numRuns: 200 },
  );
});

it('what nothing new was told of is not looked at again, and what lapses is', () => {
  const memory = createMemory();
  let looks = 0;
  const look = (state: CanteenState, now: number) => {
    const scene = memory.sceneOf(state, standard, now);
    return scene.remember('hall', () => {
      looks += 1;
      return scene.believed('hall-1', 'reachable').outcome;
    });
  };
  const state = tell(sound(), 'hall-1', 'reachable', { lastsMs: minute });
  const outcomes = [
    look(state, noon),
    look(tell(state, 'wash-1', 'reachable', { outcome: 'fault', fault: 'no-answer' }), noon + 1),
    look(state, noon + minute),
    look(state, noon + minute + 1),
  ];
  expect({ outcomes, looks }).toEqual({ outcomes: ['ok', 'ok', 'ok', 'unknown'], looks: 2 });
});

it('what was made of something that comes out the same is not made again, and is where it comes out otherwise', () => {
  const memory = createMemory();
  const looks = { camera: 0, zone: 0 };
  const zoneOf = (state: CanteenState, now: number) =>
    memory.sceneOf(state, standard, now).remember('zone', (scene) => {
      looks.zone += 1;
      return scene.remember('camera', (seen) => {
        looks.camera += 1;
        return seen.believed('hall-1', 'reachable').outcome;
      });
    });
  const state = sound();
  const renewed = tell(state, 'hall-1', 'reachable', { at: noon + 1, measured: { roundTripMs: 9 } });
  const lost = tell(renewed, 'hall-1', 'reachable', { at: noon + 2, outcome: 'fault', fault: 'no-answer' });
  expect([zoneOf(state, noon), zoneOf(renewed, noon + 1)]).toEqual(['ok', 'ok']);
  expect(looks).toEqual({ camera: 2, zone: 1 });
  expect(zoneOf(lost, noon + 2)).toBe('fault');
  expect(looks).toEqual({ camera: 3, zone: 2 });
});
