// What became of each check over time: what one fact adds to that, and the unbroken bands the pages show. Pure.
import type { CheckName } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Outcome } from '#contract/primitives.ts';
import type { HistoryBand, HistorySpan } from '#contract/views.ts';
import { seenBetween, shownOutcome } from './fold.ts';
import { type CanteenState, factKey, type Input } from './state.ts';

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

/** What `input` adds, where `state` has it folded in already: the live span grows, and what comes late stands by itself. */
export function toldSpan(state: CanteenState, input: Input, now: number): ToldSpan | undefined {
  if (input.kind !== 'event' || input.event.type !== 'cn.mingzao.fact.v1') return undefined;
  const { data: fact, epoch, sequence } = input.event;
  const { device, check } = fact;
  const known = state.facts[factKey(device, check)];
  const isLive = known?.position.epoch === epoch && known.position.sequence === sequence;
  // Newer, and yet not taken for the newest: it said nothing that counts.
  if (!isLive && known?.position.epoch === epoch && known.position.sequence < sequence) return undefined;
  const alone = seenBetween(state, fact, now);
  const span = isLive ? { from: known.unbrokenSince ?? alone.from, until: known.believedUntil } : alone;
  return { canteen: state.canteen, device, check, ...span, outcome: shownOutcome(fact), ...(fact.fault && { fault: fact.fault }) };
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
