// Opens, keeps and closes gaps: one gap, with one id, from the first finding to the last.
import type { Gap } from '#contract/gaps.ts';
import { type Standard, standardName } from '#contract/standard.ts';
import type { Result } from './findings.ts';
import type { Finding } from './rule.ts';
import { gatewaySilent } from './rules/gateway-silent.ts';

/** Pure. `open` are the gaps open before. Gives those open now, and those that opened, changed or closed. */
export function reconcile(about: { canteen: string; open: Gap[]; results: Result[]; standard: Standard; now: number }): {
  open: Gap[];
  changed: Gap[];
} {
  const { canteen, results, standard, now } = about;
  const before = new Map(about.open.map((gap) => [keyOf(gap), gap]));
  const found = results.flatMap((result) => toGap(result, before.get(keyOf(result)), { canteen, standard, now }));
  const byKey = new Map(found.map(({ gap }) => [keyOf(gap), gap]));
  const open = found.map(({ gap, explainedBy }) => ({ ...gap, foldedUnder: explaining(byKey, gap, explainedBy)?.id ?? null }));
  const openIds = new Set(open.map((gap) => gap.id));
  const closed = about.open
    .filter((gap) => !openIds.has(gap.id))
    .map((gap): Gap => ({ ...gap, status: 'closed', closedAt: instant(now), foldedUnder: null }));
  return { open, changed: [...open.filter((gap) => !same(gap, before.get(keyOf(gap)))), ...closed] };
}

function keyOf({ rule, zone, device }: Pick<Gap, 'rule' | 'zone' | 'device'>): string {
  return `${rule}/${zone ?? ''}/${device ?? ''}`;
}

function toGap(
  result: Result,
  before: Gap | undefined,
  about: { canteen: string; standard: Standard; now: number },
): { gap: Gap; explainedBy?: string }[] {
  const { found } = result;
  if ('explainedBy' in found) return before === undefined ? [] : [{ gap: before, explainedBy: found.explainedBy }];
  if (before === undefined && !isDue(found, about)) return [];
  return [{ gap: gapOf(result, found, { before, ...about }) }];
}

/** What was seen to be wrong is a gap at once; what only could not be shown is one after the standard's grace. */
function isDue(finding: Finding, { standard, now }: { standard: Standard; now: number }): boolean {
  return finding.certainty === 'fault' || now - finding.since >= standard.unknownGraceSeconds * 1000;
}

function gapOf(
  result: Result,
  finding: Finding,
  about: { canteen: string; before: Gap | undefined; standard: Standard; now: number },
): Gap {
  const { canteen, before, standard, now } = about;
  const { rule, gate, zone, device, deviceName, severity, clause } = result;
  const { certainty, measured, required, cause, fix } = finding;
  return {
    id: before?.id ?? [canteen, rule, zone ?? device, now.toString(36)].filter((part) => part !== undefined).join('.'),
    canteen,
    rule,
    gate,
    ...(zone === undefined ? {} : { zone }),
    ...(device === undefined ? {} : { device }),
    ...(deviceName === undefined ? {} : { deviceName }),
    severity,
    certainty,
    status: 'open',
    openedAt: before?.openedAt ?? instant(now),
    closedAt: null,
    measured,
    required,
    cause,
    fix,
    clause,
    standard: standardName(standard),
    foldedUnder: null,
  };
}

/** The gap of the rule that explains this one: of the same device where there is one, of the whole canteen where the gateway is silent. */
function explaining(open: Map<string, Gap>, gap: Gap, explainedBy: string | undefined): Gap | undefined {
  if (explainedBy === undefined) return undefined;
  return open.get(explainedBy === gatewaySilent.id ? keyOf({ rule: explainedBy }) : keyOf({ ...gap, rule: explainedBy }));
}

/** Gaps are plain data made with their keys in one order. */
function same(gap: Gap, before: Gap | undefined): boolean {
  return before !== undefined && JSON.stringify(gap) === JSON.stringify(before);
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
