// What may be shown of the district at one moment: whatever can no longer be believed is unknown, and the worst comes first.
import type { Gap } from '#contract/gaps.ts';
import type { Outcome, Severity } from '#contract/primitives.ts';
import type { Text } from '#contract/text.ts';
import type { CanteenSummary, ZoneView } from '#contract/views.ts';

/** With a word from the server every 5 s, three missed ones mean that nobody knows any more. */
export const silentAfterMs = 15_000;

/** What has been told so far. Times are milliseconds since 1970 by this machine's clock. */
export interface Told {
  standardTitle: Text;
  canteens: ReadonlyMap<string, CanteenSummary>;
  gaps: ReadonlyMap<string, Gap>;
  /** When the server was last heard, or null where the board has never been loaded. */
  heardAt: number | null;
  serverAheadMs: number;
  connected: boolean;
  /** Attempts to reach the server that failed since it was last connected. */
  failures: number;
}

export interface GapGroup {
  gap: Gap;
  /** Gaps that this one explains. */
  folded: Gap[];
}

export interface CanteenLine {
  id: string;
  name: string;
  district: string;
  verdict: Outcome;
  /** The verdict was not told but follows from silence. */
  stale: boolean;
  zones: ZoneView[];
  /** `healthy` is null where it cannot be told. */
  cameras: { total: number; healthy: number | null };
  openGaps: number;
  worstSeverity: Severity | null;
  heardAt: number | null;
  gaps: GapGroup[];
}

export interface BoardView {
  /** `opening`: nothing was tried to the end yet; `broken`: what is shown is not being renewed. */
  line: 'opening' | 'live' | 'broken';
  /** The server's clock, milliseconds since 1970. */
  now: number;
  /** When the server was last heard, by its own clock; null before the board was loaded for the first time. */
  heardAt: number | null;
  standardTitle: Text;
  counts: Record<Outcome, number>;
  /** Worst first. */
  canteens: CanteenLine[];
}

/**
 * Gives the function that makes the view; `now` is milliseconds since 1970 by this machine's clock. It has no effects. A line that
 * has not changed is the very same object as before, so that a page of hundreds need not draw them all again every second.
 */
export function createBoardView(): (told: Told, now: number) => BoardView {
  const lines = createLineMemory();
  return (told, now) => boardView(told, now, lines);
}

type LineOf = (summary: CanteenSummary, about: { stale: boolean; gaps: Gap[] }) => CanteenLine;

function createLineMemory(): LineOf {
  const known = new WeakMap<CanteenSummary, { stale: boolean; gaps: Gap[]; line: CanteenLine }>();
  return (summary, { stale, gaps }) => {
    const before = known.get(summary);
    if (before?.stale === stale && isSame(before.gaps, gaps)) return before.line;
    const line = canteenLine(summary, { stale, gaps });
    known.set(summary, { stale, gaps, line });
    return line;
  };
}

function isSame(some: Gap[], others: Gap[]): boolean {
  return some.length === others.length && some.every((gap, place) => gap === others[place]);
}

function boardView(told: Told, now: number, lineOf: LineOf): BoardView {
  const serverNow = now + told.serverAheadMs;
  const silent = told.heardAt === null || now - told.heardAt > silentAfterMs;
  const gaps = Map.groupBy(told.gaps.values(), (gap) => gap.canteen);
  const canteens = [...told.canteens.values()]
    .map((summary) => lineOf(summary, { stale: silent || isStale(summary, serverNow), gaps: gaps.get(summary.id) ?? [] }))
    .toSorted(worstFirst);
  return {
    line: lineState(told, silent),
    now: serverNow,
    heardAt: told.heardAt === null ? null : told.heardAt + told.serverAheadMs,
    standardTitle: told.standardTitle,
    counts: countVerdicts(canteens),
    canteens,
  };
}

function lineState({ connected, failures }: Told, silent: boolean): BoardView['line'] {
  if (connected && !silent) return 'live';
  return silent && failures === 0 && !connected ? 'opening' : 'broken';
}

function isStale({ staleAt }: CanteenSummary, serverNow: number): boolean {
  return staleAt === null || Date.parse(staleAt) <= serverNow;
}

function canteenLine(summary: CanteenSummary, { stale, gaps }: { stale: boolean; gaps: Gap[] }): CanteenLine {
  const { id, name, district, openGaps, worstSeverity } = summary;
  return {
    id,
    name,
    district,
    stale,
    verdict: stale ? 'unknown' : summary.verdict,
    zones: stale ? summary.zones.map(unproven) : summary.zones,
    cameras: { total: summary.cameras.total, healthy: stale ? null : summary.cameras.healthy },
    openGaps,
    worstSeverity,
    heardAt: summary.heardAt === null ? null : Date.parse(summary.heardAt),
    gaps: groupGaps(gaps),
  };
}

/** A reason for being unknown still holds; any other one was about something that nobody sees any more. */
function unproven(zone: ZoneView): ZoneView {
  if (zone.outcome === 'unknown') return zone;
  const { reason: _, ...rest } = zone;
  return { ...rest, outcome: 'unknown' };
}

/** Puts each gap under the one that explains it; one whose explanation is gone stands by itself. */
function groupGaps(gaps: Gap[]): GapGroup[] {
  const ids = new Set(gaps.map((gap) => gap.id));
  const isFolded = (gap: Gap) => gap.foldedUnder !== null && gap.foldedUnder !== gap.id && ids.has(gap.foldedUnder);
  return gaps
    .filter((gap) => !isFolded(gap))
    .toSorted(gravestFirst)
    .map((gap) => ({ gap, folded: gaps.filter((other) => isFolded(other) && other.foldedUnder === gap.id).toSorted(gravestFirst) }));
}

const verdictRank: Record<Outcome, number> = { fault: 0, unknown: 1, ok: 2 };
const severityRank: Record<Severity, number> = { critical: 0, major: 1, minor: 2 };

function gravestFirst(a: Gap, b: Gap): number {
  return severityRank[a.severity] - severityRank[b.severity] || a.openedAt.localeCompare(b.openedAt) || a.id.localeCompare(b.id);
}

function worstFirst(a: CanteenLine, b: CanteenLine): number {
  return (
    verdictRank[a.verdict] - verdictRank[b.verdict] ||
    severityOf(a) - severityOf(b) ||
    b.openGaps - a.openGaps ||
    a.name.localeCompare(b.name, 'zh-CN') ||
    a.id.localeCompare(b.id)
  );
}

function severityOf({ worstSeverity }: CanteenLine): number {
  return worstSeverity === null ? Object.keys(severityRank).length : severityRank[worstSeverity];
}

function countVerdicts(canteens: CanteenLine[]): Record<Outcome, number> {
  const counts = { ok: 0, fault: 0, unknown: 0 };
  for (const { verdict } of canteens) counts[verdict] += 1;
  return counts;
}
