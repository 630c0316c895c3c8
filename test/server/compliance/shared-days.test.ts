import { expect, it } from 'vitest';
import type { FactOf } from '#contract/facts.ts';
import { withSharedDays } from '../../../server/compliance/shared-days.ts';
import { footage, noon, sound } from './canteen.ts';

const told = (measured: NonNullable<FactOf<'footage'>['measured']>): FactOf<'footage'> => ({
  ...{ schemaVersion: 1, check: 'footage', device: 'nvr', outcome: 'ok', measured },
  ...{ observedAt: new Date(noon).toISOString(), validUntil: new Date(noon + 60_000).toISOString() },
});

it('what a recorder tells of its days says the same when it is held once, and is held once', () => {
  const fact = JSON.parse(JSON.stringify(told(footage(90, { 3: 60 }))));
  const shared = withSharedDays(fact) as FactOf<'footage'>;
  expect(shared).toEqual(fact);
  const [first, second] = shared.measured?.recordings ?? [];
  expect(first?.days[9]).toBeDefined();
  expect(first?.days[9]).toBe(second?.days[9]);
});

it('any other fact is left as it is', () => {
  const fact = sound().facts.get('hall-1')?.get('picture')?.fact;
  if (fact === undefined) throw new Error('a sound canteen has a picture');
  expect(withSharedDays(fact)).toBe(fact);
});
