// Makes what the pages show out of what the server holds. Pure.
import type { CheckName, Fact, FactOf } from '#contract/facts.ts';
import { type Outcome, severities } from '#contract/primitives.ts';
import type { Standard } from '#contract/standard.ts';
import type { CanteenSummary, CanteenView, DeviceView } from '#contract/views.ts';
import { believed } from '../compliance/believed.ts';
import { allFacts } from '../compliance/known-facts.ts';
import { retentionView } from '../compliance/retention-view.ts';
import type { Standing } from '../judging.ts';

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

export function canteenView(standing: Standing, { standard, now }: { standard: Standard; now: number }): CanteenView {
  const { state, summary, open } = standing;
  return {
    at: new Date(now).toISOString(),
    summary,
    gaps: open,
    layout: state.layout?.layout ?? null,
    devices: devicesOf(standing, now),
    coverage: coverageOf(standing, now),
    retention: retentionView(state, { standard, now, silent: summary.staleAt === null }),
  };
}

function gravity({ worstSeverity }: CanteenSummary): number {
  return worstSeverity === null ? severities.length : severities.indexOf(worstSeverity);
}

/** While nothing comes from the gateway, what it told before says nothing of now. */
function devicesOf(standing: Standing, now: number): DeviceView[] {
  const { state, open, summary } = standing;
  if (state.layout === null) return [];
  const { cameras, recorders } = state.layout.layout;
  const silent = summary.staleAt === null;
  const known = Map.groupBy(allFacts(state.facts), ({ fact }) => (fact.check === 'coverage' ? undefined : fact.device));
  const device = (id: string, needed: readonly CheckName[]) => {
    const facts = (known.get(id) ?? []).map(({ fact }) => asBelieved(standing, fact, now));
    const told = facts.filter((fact) => !(isAside(fact) && fact.fault === 'not-supported'));
    const untold = needed.filter((check) => !facts.some((fact) => fact.check === check)).map(() => 'unknown' as const);
    const counted = facts.filter((fact) => !(isAside(fact) && fact.outcome === 'unknown') && !isNotAskedFor(fact));
    const gaps = open.filter((gap) => gap.device === id && gap.foldedUnder === null).map(({ certainty }) => certainty);
    const outcome = silent ? ('unknown' as const) : worstOf([...counted.map(({ outcome: seen }) => seen), ...untold, ...gaps]);
    return { outcome, facts: told };
  };
  return [
    ...cameras.map(({ id, name, zones }) => ({ id, name, kind: 'camera' as const, zones, ...device(id, neededOf.camera) })),
    ...recorders.map(({ id, name }) => ({ id, name, kind: 'recorder' as const, zones: [], ...device(id, neededOf.recorder) })),
  ];
}

/** A zone may have the id of a device: its facts are told apart by the check. */
function coverageOf(standing: Standing, now: number): FactOf<'coverage'>[] {
  const zones = standing.state.layout?.layout.zones ?? [];
  return allFacts(standing.state.facts).flatMap(({ fact }) =>
    fact.check === 'coverage' && zones.some(({ id }) => id === fact.device) ? [asBelieved(standing, fact, now)] : [],
  );
}

function asBelieved<Seen extends Fact>({ state, summary }: Standing, fact: Seen, now: number): Seen {
  const { outcome } = believed(state, { device: fact.device, check: fact.check }, now);
  return { ...fact, outcome: summary.staleAt === null ? 'unknown' : outcome };
}

/** A device of which one of these was never told is unknown, whatever else is. */
const neededOf = { camera: ['reachable', 'clock', 'stream', 'picture'], recorder: ['reachable', 'clock', 'footage'] } as const;

/** Many devices do not tell these, and lack nothing for that: unknown says nothing of them, and what they do not have is not shown. */
const asides: ReadonlySet<CheckName> = new Set(['tamper', 'inputs', 'account']);
const isAside = ({ check }: Fact) => asides.has(check);

/** No standard asks a recorder to tell of its disks: one that does not lacks nothing. */
function isNotAskedFor({ check, fault }: Fact): boolean {
  return check === 'storage' && fault === 'not-supported';
}

function worstOf(found: Outcome[]): Outcome {
  return outcomes.find((outcome) => found.includes(outcome)) ?? 'unknown';
}
