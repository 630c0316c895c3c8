// Takes in one thing the server was told. Staleness is not folded: it is what `believed` reads off the clock.
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Fact } from '#contract/facts.ts';
import type { Status } from '#contract/gateway-health.ts';
import type { Layout } from '#contract/layout.ts';
import { type CanteenState, factKey, type Input, type KnownFact, type Position } from './state.ts';

const lossesKept = 100;

/** Pure; `now` is when the server received it, milliseconds since 1970. Never moves live state back: an event older than what is already folded changes nothing. */
export function fold(state: CanteenState, input: Input, now: number): CanteenState {
  switch (input.kind) {
    case 'status':
      return foldStatus(state, input.status, now);
    case 'heartbeat':
      return heard(state, { heartbeat: input.heartbeat, clockAheadMs: Date.parse(input.heartbeat.at) - now }, now);
    case 'event':
      return heard(foldEvent(state, input.event, now), {}, now);
    default:
      return input satisfies never;
  }
}

function heard(state: CanteenState, told: Partial<CanteenState['gateway']>, heardAt: number | null): CanteenState {
  return { ...state, gateway: { ...state.gateway, ...told, heardAt } };
}

/** The last will of a connection may come after its successor's greeting: then it says nothing of now. */
function foldStatus(state: CanteenState, status: Status, now: number): CanteenState {
  const { status: known, heardAt } = state.gateway;
  if (status.online) return heard(state, { status }, now);
  if (known !== null && Date.parse(known.since) > Date.parse(status.since)) return state;
  return heard(state, { status }, heardAt);
}

function foldEvent(state: CanteenState, event: OutboxEvent, now: number): CanteenState {
  const position = { epoch: event.epoch, sequence: event.sequence };
  switch (event.type) {
    case 'cn.mingzao.fact.v1':
      return foldFact(state, event.data, position, now);
    case 'cn.mingzao.layout.v1':
      return foldLayout(state, event.data, { position, since: now });
    case 'cn.mingzao.loss.v1': {
      const { from, to, reason } = event.data;
      return { ...state, losses: [...state.losses, { at: now, from, to, reason }].slice(-lossesKept) };
    }
    case 'cn.mingzao.reply.v1':
      return state;
    default:
      return event satisfies never;
  }
}

function foldFact(state: CanteenState, fact: Fact, position: Position, now: number): CanteenState {
  const key = factKey(fact.device, fact.check);
  const before = state.facts[key];
  if (before !== undefined && !isNewer({ position, at: fact.observedAt }, { position: before.position, at: before.fact.observedAt }))
    return state;
  const believedUntil = believedUntilByServer(fact, state.gateway.clockAheadMs ?? 0, now);
  const known: KnownFact = { fact, position, believedUntil, since: outcomeSince(before, fact, now) };
  return { ...state, facts: { ...state.facts, [key]: known } };
}

/** Within one outbox the sequence decides, whatever a clock did; between two outboxes only the time of looking can. */
function isNewer(candidate: { position: Position; at: string }, known: { position: Position; at: string }): boolean {
  if (candidate.position.epoch === known.position.epoch) return candidate.position.sequence > known.position.sequence;
  return Date.parse(candidate.at) > Date.parse(known.at);
}

/** The gateway's instant by the server's clock, and never longer from now than the fact's own length: a fast clock at the edge must not keep a fact alive. */
function believedUntilByServer(fact: Fact, clockAheadMs: number, now: number): number {
  const lasts = Date.parse(fact.validUntil) - Date.parse(fact.observedAt);
  return Math.min(Date.parse(fact.validUntil) - clockAheadMs, now + lasts);
}

function outcomeSince(before: KnownFact | undefined, fact: Fact, now: number): number {
  if (before === undefined) return now;
  const lapsed = now > before.believedUntil;
  if (before.fact.outcome === fact.outcome && (!lapsed || fact.outcome === 'unknown')) return before.since;
  return lapsed && fact.outcome === 'unknown' ? before.believedUntil : now;
}

function foldLayout(state: CanteenState, layout: Layout, told: { position: Position; since: number }): CanteenState {
  const known = state.layout;
  if (known !== null && known.position.epoch === told.position.epoch && known.position.sequence >= told.position.sequence) return state;
  const devices = new Set([...layout.cameras, ...layout.recorders].map((device) => device.id));
  const facts = Object.fromEntries(Object.entries(state.facts).filter(([, { fact }]) => devices.has(fact.device)));
  return {
    ...state,
    layout: { layout, ...told, since: sameLayout(known?.layout, layout) ? (known?.since ?? told.since) : told.since },
    facts,
  };
}

/** A gateway tells its layout at every start; that alone begins no new grace. */
function sameLayout(before: Layout | undefined, after: Layout): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
