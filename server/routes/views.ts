// Makes what the pages show out of what the server holds. Pure.
import type { Fact } from '#contract/facts.ts';
import { type Outcome, severities } from '#contract/primitives.ts';
import type { CanteenSummary, CanteenView, DeviceView } from '#contract/views.ts';
import type { Standing } from '../canteens.ts';
import type { CanteenState } from '../compliance/state.ts';

const outcomes: Outcome[] = ['fault', 'unknown', 'ok'];
const byName = new Intl.Collator('zh-Hans-CN');

/** By verdict, then by the gravest open gap, then by name. */
export function worstFirst(a: CanteenSummary, b: CanteenSummary): number {
  return (
    outcomes.indexOf(a.verdict) - outcomes.indexOf(b.verdict) ||
    gravity(a) - gravity(b) ||
    byName.compare(a.name, b.name) ||
    (a.id < b.id ? -1 : 1)
  );
}

export function canteenView({ summary, open, state }: Standing, now: number): CanteenView {
  return { at: new Date(now).toISOString(), summary, gaps: open, devices: devicesOf(state, now) };
}

function gravity({ worstSeverity }: CanteenSummary): number {
  return worstSeverity === null ? severities.length : severities.indexOf(worstSeverity);
}

function devicesOf(state: CanteenState, now: number): DeviceView[] {
  if (state.layout === null) return [];
  const { cameras, recorders } = state.layout.layout;
  const facts = Map.groupBy(Object.values(state.facts), ({ fact }) => fact.device);
  const device = (id: string) => {
    const shown = (facts.get(id) ?? []).map(
      ({ fact, believedUntil }): Fact => (now > believedUntil ? { ...fact, outcome: 'unknown' } : fact),
    );
    return { outcome: worstOf(shown), facts: shown };
  };
  return [
    ...cameras.map(({ id, name, zones }) => ({ id, name, kind: 'camera' as const, zones, ...device(id) })),
    ...recorders.map(({ id, name }) => ({ id, name, kind: 'recorder' as const, zones: [], ...device(id) })),
  ];
}

/** A device of which nothing is known is unknown. */
function worstOf(facts: Fact[]): Outcome {
  return facts.length === 0 ? 'unknown' : (outcomes.find((outcome) => facts.some((fact) => fact.outcome === outcome)) ?? 'unknown');
}
