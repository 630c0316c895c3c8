// What became of each check over time: what each told without a break, and the unbroken bands the pages show. Pure.
import type { CheckName, Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { HistoryBand, HistorySpan } from '#contract/views.ts';
import { seenBetween, shownOutcome } from './fold.ts';
import { allFacts, changesOfFacts, factOf } from './known-facts.ts';
import { type CanteenState, factKey, type Input, type KnownFact, type Position } from './state.ts';

/** A check told the same from `from` on, and may be believed until `until`; milliseconds since 1970, by the server's clock. */
export interface ToldSpan {
  canteen: string;
  device: string;
  check: CheckName;
  from: number;
  until: number;
  outcome: Outcome;
  fault?: FaultCode;
}

/**
 * What came to its end as `input` made `after` of `before`: what was told of checks that tell something else now, or are no more. What comes late, and is no
 * news any more, stands by itself. Whatever goes on is in the state: `liveSpans`.
 */
export function endedSpans({ before, after }: { before: CanteenState; after: CanteenState }, input: Input, now: number): ToldSpan[] {
  if (input.kind !== 'event') return [];
  const { type, data } = input.event;
  if (type === 'cn.mingzao.layout.v1') return changesOfFacts(before.facts, after.facts).gone.map((known) => spanOf(before, known));
  if (type !== 'cn.mingzao.fact.v1') return [];
  const [replaced, known] = [factOf(before.facts, data), factOf(after.facts, data)];
  if (known === replaced) return isLate(input.event, known) ? [lateSpan(after, data, now)] : [];
  return replaced === undefined || goOn(replaced, known) ? [] : [spanOf(before, replaced)];
}

/** What each check has told without a break up to now. */
export function liveSpans(state: CanteenState): ToldSpan[] {
  return allFacts(state.facts).map((known) => spanOf(state, known));
}

/** Newer, and yet not taken for the newest: it said nothing that counts. */
function isLate({ epoch, sequence }: Position, known: KnownFact | undefined): boolean {
  return known?.position.epoch !== epoch || sequence < known.position.sequence;
}

function goOn(before: KnownFact, after: KnownFact | undefined): boolean {
  return after?.unbrokenSince !== undefined && after.unbrokenSince === before.unbrokenSince;
}

function spanOf(state: CanteenState, { fact, believedUntil, unbrokenSince }: KnownFact): ToldSpan {
  const from = unbrokenSince ?? seenBetween(state, fact, believedUntil).from;
  return toldSpan(state, fact, { from, until: believedUntil });
}

function lateSpan(state: CanteenState, fact: Fact, now: number): ToldSpan {
  return toldSpan(state, fact, seenBetween(state, fact, now));
}

function toldSpan({ canteen }: CanteenState, fact: Fact, span: { from: number; until: number }): ToldSpan {
  const { device, check } = fact;
  return { canteen, device, check, ...span, outcome: shownOutcome(fact), ...(fact.fault && { fault: fact.fault }) };
}

/**
 * One band for each check of each device, from end to end of the window: what nobody told is unknown, and so is all that comes after `heardUntil`,
 * when the gateway had fallen silent; milliseconds since 1970.
 */
export function historyBands(told: ToldSpan[], window: { from: number; to: number; heardUntil: number }): HistoryBand[] {
  const byCheck = Map.groupBy(told, ({ device, check }) => factKey(device, check));
  return [...byCheck.values()].flatMap((spans) => {
    const [first] = spans;
    return first === undefined ? [] : [{ device: first.device, check: first.check, spans: filled(spans, window) }];
  });
}

function filled(told: ToldSpan[], { from, to, heardUntil }: { from: number; to: number; heardUntil: number }): HistorySpan[] {
  const inOrder = told.toSorted((a, b) => a.from - b.from);
  const spans: Piece[] = [];
  let end = from;
  const add = (piece: Piece) => {
    if (piece.to <= piece.from) return;
    end = piece.to;
    const last = spans.at(-1);
    if (last?.outcome === piece.outcome && last.fault === piece.fault) last.to = piece.to;
    else spans.push(piece);
  };
  for (const [place, { from: began, until, outcome, fault }] of inOrder.entries()) {
    // A later look replaces an earlier one from the moment it was taken.
    const nextFrom = inOrder[place + 1]?.from ?? Number.POSITIVE_INFINITY;
    const piece = { from: Math.max(began, from), to: Math.min(until, nextFrom, to, heardUntil), outcome, ...(fault && { fault }) };
    if (piece.to <= piece.from) continue;
    add({ from: end, to: piece.from, outcome: 'unknown' });
    add(piece);
  }
  add({ from: end, to, outcome: 'unknown' });
  return spans.map((piece) => ({ ...piece, from: new Date(piece.from).toISOString(), to: new Date(piece.to).toISOString() }));
}

interface Piece {
  from: number;
  to: number;
  outcome: Outcome;
  fault?: FaultCode;
}
