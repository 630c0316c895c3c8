// Things a gateway has to tell, for tests in which it does not matter what they say.
import type { FactOf } from '#contract/facts.ts';
import type { Entry } from '../../gateway/outbox.ts';

export function reachableFact(device: string, about: Partial<FactOf<'reachable'>> = {}): FactOf<'reachable'> {
  return {
    schemaVersion: 1,
    check: 'reachable',
    device,
    outcome: 'ok',
    observedAt: '2026-11-23T08:00:00.000Z',
    validUntil: '2026-11-23T08:00:33.000Z',
    ...about,
  };
}

export function factEntry(device: string, about: Partial<FactOf<'reachable'>> = {}): Entry {
  return { type: 'cn.mingzao.fact.v1', data: reachableFact(device, about) };
}

export function layoutEntry(): Entry {
  return { type: 'cn.mingzao.layout.v1', data: { schemaVersion: 1, zones: [], cameras: [], recorders: [] } };
}
