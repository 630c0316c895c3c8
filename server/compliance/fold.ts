// Takes in one thing the server was told. Staleness is not folded: it is what `believed` reads off the clock.
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Fact } from '#contract/facts.ts';
import type { Status } from '#contract/gateway-health.ts';
import type { Layout } from '#contract/layout.ts';
import type { Outcome } from '#contract/primitives.ts';
import { saysNothing } from './believed.ts';
import { countFacts, factOf, withFacts, withoutFacts } from './known-facts.ts';
import { withSharedDays } from './shared-days.ts';
import type { CanteenState, Input, KnownFact, KnownLayout, Position } from './state.ts';

const lossesKept = 100;
/** Several times what 256 cameras and 32 recorders can have: whoever tells of more devices than that invents them. */
const factsMax = 8192;
/** Three heartbeats missed: what lapsed meanwhile could not be renewed, and gets the same grace as after a restart of the server. */
const lineWasDownMs = 90_000;

/** Pure; `now` is when the server received it, milliseconds since 1970. Never moves live state back: an event older than what is already folded changes nothing. */
export function fold(state: CanteenState, input: Input, now: number): CanteenState {
  switch (input.kind) {
    case 'status':
      return foldStatus(state, input, now);
    case 'heartbeat':
      return heard(state, { heartbeat: input.heartbeat, clockAheadMs: Date.parse(input.heartbeat.at) - now }, now);
    case 'event':
      return heard(foldEvent(state, input.event, now), {}, now);
    default:
      return input satisfies never;
  }
}

function heard(state: CanteenState, told: Partial<CanteenState['gateway']>, heardAt: number | null): CanteenState {
  const lastHeardAt = state.gateway.heardAt ?? Number.NEGATIVE_INFINITY;
  const expectedSince = heardAt !== null && heardAt - lastHeardAt > lineWasDownMs ? heardAt : state.expectedSince;
  // One server may have kept a message waiting while another had news already: that makes nothing longer ago.
  const latest = heardAt === null ? state.gateway.heardAt : Math.max(heardAt, lastHeardAt);
  return { ...state, expectedSince, gateway: { ...state.gateway, ...told, heardAt: latest } };
}

/** The last will of a connection may come after its successor's greeting: then it says nothing of now. */
function foldStatus(state: CanteenState, { status, at }: { status: Status; at: string }, now: number): CanteenState {
  const { status: known, heardAt } = state.gateway;
  // A greeting comes before the facts of its connection, so that they are read by the right clock from the first.
  if (status.online) return heard(state, { status, clockAheadMs: Date.parse(at) - now }, now);
  if (known !== null && Date.parse(known.since) > Date.parse(status.since)) return state;
  return heard(state, { status }, heardAt);
}

function foldEvent(state: CanteenState, event: OutboxEvent, now: number): CanteenState {
  const position = { epoch: event.epoch, sequence: event.sequence };
  switch (event.type) {
    case 'cn.mingzao.fact.v1':
      return foldFact(state, event.data, position, now);
    case 'cn.mingzao.layout.v1':
      return foldLayout(state, event.data, { position, since: now, toldAt: byServerClock(state, event.time, now) });
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
  const before = factOf(state.facts, fact);
  const { from: seenAt, until: believedUntil } = seenBetween(state, fact, now);
  if (before !== undefined && !replaces({ fact, position, at: seenAt }, before)) return state;
  if (before === undefined && (wasRemoved(state, fact.device, position) || countFacts(state.facts) >= factsMax)) return state;
  const unbrokenSince = before !== undefined && goesOn(before, fact, seenAt) ? (before.unbrokenSince ?? seenAt) : seenAt;
  const known: KnownFact = { fact: withSharedDays(fact), position, believedUntil, since: outcomeSince(before, fact, now), unbrokenSince };
  return { ...state, facts: withFacts(state.facts, [known]) };
}

/** When the fact was seen and until when it may be believed, milliseconds since 1970, by the server's clock. */
export function seenBetween(state: CanteenState, fact: Fact, now: number): { from: number; until: number } {
  const from = byServerClock(state, fact.observedAt, now);
  return { from, until: from + lastsMs(fact) };
}

/** What a fact by itself comes to while it is believed. */
export function shownOutcome(fact: Fact): Outcome {
  return saysNothing(fact) ? 'unknown' : fact.outcome;
}

function goesOn(before: KnownFact, fact: Fact, seenAt: number): boolean {
  return seenAt <= before.believedUntil && shownOutcome(before.fact) === shownOutcome(fact) && before.fact.fault === fact.fault;
}

/** Who was last seen at an address stays known until somebody is seen there again, however often nobody could be asked meanwhile. */
function replaces({ fact, ...candidate }: { fact: Fact; position: Position; at: number }, before: KnownFact): boolean {
  if (fact.check === 'identity' && saysNothing(fact) !== saysNothing(before.fact)) return saysNothing(before.fact);
  return isNewer(candidate, { position: before.position, at: before.believedUntil - lastsMs(before.fact) });
}

/** Within one outbox the sequence decides, whatever a clock did; between two outboxes only the time of looking can. */
function isNewer(candidate: { position: Position; at: number }, known: { position: Position; at: number }): boolean {
  if (candidate.position.epoch === known.position.epoch) return candidate.position.sequence > known.position.sequence;
  return candidate.at > known.at;
}

/** What is told of a device that a later layout no longer has is of no interest, though it may come after that layout. */
function wasRemoved({ layout }: CanteenState, device: string, { epoch, sequence }: Position): boolean {
  if (layout === null || layout.position.epoch !== epoch || layout.position.sequence < sequence) return false;
  return !devicesOf(layout.layout).has(device);
}

/** An instant of the gateway by the server's clock, and never later than now: a fast clock at the edge must not keep a fact alive, nor put it above later ones. */
function byServerClock(state: CanteenState, instant: string, now: number): number {
  return Math.min(Date.parse(instant) - (state.gateway.clockAheadMs ?? 0), now);
}

/** What a fact says of itself, but never longer than the longest a sound gateway asks for. */
function lastsMs(fact: Fact): number {
  return Math.min(Date.parse(fact.validUntil) - Date.parse(fact.observedAt), believedMsMax[fact.check]);
}

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;

/** Three of the longest intervals a gateway can be set to, and an hour for the look itself. */
const believedMsMax: Record<Fact['check'], number> = {
  reachable: 75 * minuteMs,
  clock: 75 * minuteMs,
  stream: 240 * minuteMs,
  picture: 240 * minuteMs,
  identity: 3 * dayMs + 60 * minuteMs,
  footage: 3 * dayMs + 60 * minuteMs,
  playback: 3 * dayMs + 60 * minuteMs,
  storage: 3 * dayMs + 60 * minuteMs,
  coverage: 75 * minuteMs,
  tamper: 75 * minuteMs,
  inputs: 75 * minuteMs,
  account: 3 * dayMs + 60 * minuteMs,
};

function outcomeSince(before: KnownFact | undefined, fact: Fact, now: number): number {
  if (before === undefined) return now;
  const lapsed = now > before.believedUntil;
  if (before.fact.outcome === fact.outcome && (!lapsed || fact.outcome === 'unknown')) return before.since;
  return lapsed && fact.outcome === 'unknown' ? before.believedUntil : now;
}

function foldLayout(state: CanteenState, layout: Layout, told: Omit<KnownLayout, 'layout'>): CanteenState {
  const known = state.layout;
  if (known !== null && !isNewer({ position: told.position, at: told.toldAt }, { position: known.position, at: known.toldAt }))
    return state;
  const devices = devicesOf(layout);
  const { epoch, sequence } = told.position;
  const isLater = ({ position }: KnownFact) => position.epoch === epoch && position.sequence > sequence;
  const isRedrawn = known !== null && JSON.stringify(known.layout.plan) !== JSON.stringify(layout.plan);
  // What was computed from another plan says nothing of this one.
  const isOutdated = ({ fact }: KnownFact) => isRedrawn && fact.check === 'coverage';
  const isGone = (known: KnownFact) => !isLater(known) && (!devices.has(known.fact.device) || isOutdated(known));
  return {
    ...state,
    layout: { layout, ...told, since: sameLayout(known?.layout, layout) ? (known?.since ?? told.since) : told.since },
    facts: withoutFacts(state.facts, isGone),
  };
}

/** Whatever facts may be about: coverage is told of zones. */
function devicesOf({ cameras, recorders, zones }: Layout): Set<string> {
  return new Set([...cameras, ...recorders, ...zones].map(({ id }) => id));
}

/** A gateway tells its layout at every start; that alone begins no new grace. */
function sameLayout(before: Layout | undefined, after: Layout): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
