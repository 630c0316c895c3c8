// What the server knows of one canteen: the newest fact of each check, and how long each may still be believed. Plain data.
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Fact } from '#contract/facts.ts';
import type { Heartbeat, Status } from '#contract/gateway-health.ts';
import type { Layout } from '#contract/layout.ts';
import { allFacts, type KnownFacts, noFacts, withFacts } from './known-facts.ts';

/** Where an event stands in its outbox. */
export interface Position {
  epoch: string;
  sequence: number;
}

export interface KnownFact {
  fact: Fact;
  position: Position;
  /** Milliseconds since 1970, by the server's clock. After this the fact's outcome is unknown. */
  believedUntil: number;
  /** Since when the outcome has been what it is, milliseconds since 1970, by the server's clock. */
  since: number;
  /** Since when outcome and fault have been told without a break, by the same clock. */
  unbrokenSince?: number;
}

export interface KnownLayout {
  layout: Layout;
  position: Position;
  /** Since when it has been this one, milliseconds since 1970, by the server's clock. */
  since: number;
  /** When the gateway last told it, milliseconds since 1970, by the server's clock. */
  toldAt: number;
}

export interface CanteenState {
  canteen: string;
  /** When something could first be expected of this canteen: its creation, the server's own latest start, or the return of a line that was down. */
  expectedSince: number;
  gateway: {
    heardAt: number | null;
    status: Status | null;
    heartbeat: Heartbeat | null;
    /** How far the gateway's clock is ahead of the server's, milliseconds, as of its last heartbeat. */
    clockAheadMs: number | null;
  };
  layout: KnownLayout | null;
  facts: KnownFacts;
  losses: { at: number; from: number; to: number; reason: string }[];
}

/** One thing the server was told, already validated. */
export type Input =
  | { kind: 'event'; event: OutboxEvent }
  | { kind: 'status'; status: Status; at: string }
  | { kind: 'heartbeat'; heartbeat: Heartbeat };

/** A canteen nothing has been heard of yet. */
export function newCanteen(canteen: string, now: number): CanteenState {
  return {
    canteen,
    expectedSince: now,
    gateway: { heardAt: null, status: null, heartbeat: null, clockAheadMs: null },
    layout: null,
    facts: noFacts,
    losses: [],
  };
}

/** The server was down: what it missed meanwhile is its own fault, so silence counts from `now`. */
export function expectFrom(state: CanteenState, now: number): CanteenState {
  return { ...state, expectedSince: now };
}

/** The latest instant in `state` that was `now` when it was written: a clock that shows less has been set back since. */
export function latestNow({ expectedSince, gateway }: CanteenState): number {
  return Math.max(expectedSince, gateway.heardAt ?? 0);
}

/** The server's clock was set: every instant in `state` that was read off it moves along, so that nothing lives longer for it. */
export function shiftClock(state: CanteenState, byMs: number): CanteenState {
  const { gateway, layout } = state;
  return {
    ...state,
    expectedSince: state.expectedSince + byMs,
    gateway: {
      ...gateway,
      heardAt: gateway.heardAt === null ? null : gateway.heardAt + byMs,
      clockAheadMs: gateway.clockAheadMs === null ? null : gateway.clockAheadMs - byMs,
    },
    layout: layout === null ? null : { ...layout, since: layout.since + byMs, toldAt: layout.toldAt + byMs },
    facts: withFacts(
      noFacts,
      allFacts(state.facts).map((known) => ({
        ...known,
        believedUntil: known.believedUntil + byMs,
        since: known.since + byMs,
        ...(known.unbrokenSince !== undefined && { unbrokenSince: known.unbrokenSince + byMs }),
      })),
    ),
    losses: state.losses.map((loss) => ({ ...loss, at: loss.at + byMs })),
  };
}

/** One check of one device, in a word. */
export function factKey(device: string, check: Fact['check']): string {
  return `${device}/${check}`;
}
