// Holds every canteen's state and verdict, and is the one way both change: fold what was told, judge, store, announce.
import type { Logger } from 'pino';
import { envelope } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Standard } from '#contract/standard.ts';
import { topic } from '#contract/topics.ts';
import type { CanteenSummary } from '#contract/views.ts';
import type { Publish } from './broker.ts';
import { type Assessment, assess, type CanteenIdentity } from './compliance/assess.ts';
import { nextLapse } from './compliance/believed.ts';
import { fold } from './compliance/fold.ts';
import { type ToldSpan, toldSpan } from './compliance/history.ts';
import { type CanteenState, expectFrom, type Input, latestNow, newCanteen, shiftClock } from './compliance/state.ts';
import type { Live } from './live.ts';
import type { Commit, StateStore } from './stores/state-store.ts';

/** What is to be taken in together, in one transaction. Without anything told, only time has passed. */
export interface Intake extends Pick<Commit, 'events' | 'watermarks' | 'refused'> {
  /** The canteens to judge anew. */
  canteens: Iterable<string>;
  told: { canteen: string; input: Input; receivedAt: number }[];
}

/** One canteen as it stands. */
export interface Standing {
  identity: CanteenIdentity;
  state: CanteenState;
  open: Gap[];
  summary: CanteenSummary;
}

export interface Canteens {
  ids(): string[];
  /** As of `now`: a verdict that has not been renewed in time is judged again before it is shown. */
  all(now: number): Standing[];
  find(id: string, now: number): Standing | undefined;
  /** One at a time. When the promise is rejected nothing has changed, neither in memory nor in the store. */
  apply(intake: Intake): Promise<void>;
  /** Whether the last change could be stored. */
  storing(): boolean;
  /** Looks after one more canteen from now on. */
  supervise(identity: CanteenIdentity): Promise<void>;
  /** Looks after it no longer: its open gaps are closed. */
  release(id: string): Promise<void>;
  /** Publishes what is open at every canteen, retained, for gateways that connect from now on. */
  announceGaps(): Promise<void>;
}

interface Judged extends Standing {
  judgedAt: number;
  /** The verdict may not be shown any longer than this: something it rests on lapses. */
  holdsUntil: number;
}

/** A verdict older than this is judged again when it is shown: the sweep may be set to come less often, or find a store that cannot be written. */
const freshForMs = 10_000;
/** A clock that is corrected by less than this has not been set. */
const jitterMs = 1000;

/** Restores what the store holds and judges every canteen once. Throws what the store throws. */
export async function openCanteens(deps: {
  identities: CanteenIdentity[];
  standard: Standard;
  store: StateStore;
  live: Live;
  publish: Publish;
  /** Where nothing could be taken in for so long, the server itself was away (asleep, blocked, without a disk): that silence is nobody's fault. */
  awayAfterMs: number;
  log: Logger;
  now: () => number;
}): Promise<Canteens> {
  const { identities, standard, store, live, publish, awayAfterMs, log, now } = deps;
  const standings = new Map<string, Judged>();
  /** What all states in memory are as of. */
  let asOf = now();
  let tail: Promise<void> = Promise.resolve();
  let storing = true;

  await restore();
  return {
    ids: () => [...standings.keys()],
    all: (at) => [...standings.values()].map((standing) => current(standing, at)),
    find: (id, at) => {
      const standing = standings.get(id);
      return standing === undefined ? undefined : current(standing, at);
    },
    apply: (intake) => inTurn(() => apply(intake)),
    supervise: (identity) => inTurn(() => supervise(identity)),
    release: (id) => inTurn(() => release(id)),
    storing: () => storing,
    announceGaps: async () => {
      for (const standing of standings.values()) await publishGaps(standing);
    },
  };

  function inTurn(change: () => Promise<void>): Promise<void> {
    const changed = tail.then(change);
    tail = changed.then(
      () => {
        storing = true;
      },
      () => {
        storing = false;
      },
    );
    return changed;
  }

  async function supervise(identity: CanteenIdentity): Promise<void> {
    const before = (await store.states()).find(({ canteen }) => canteen === identity.id);
    const at = Math.max(asOf, now());
    const state = before === undefined ? newCanteen(identity.id, at) : expectFrom(before, at);
    const { standing, changed } = judge({ identity, state, open: [], summary: unjudged(identity) }, at);
    await store.commit({ ...nothingTold, at, states: [{ before, after: state }], gaps: changed });
    standings.set(identity.id, standing);
    live.announce({ event: 'canteen', data: standing.summary });
    for (const gap of changed) live.announce({ event: 'gap', data: gap });
    await publishGaps(standing);
  }

  async function release(id: string): Promise<void> {
    const gaps = (standings.get(id)?.open ?? []).map(withdrawn);
    await store.commit({ ...nothingTold, at: asOf, states: [], gaps });
    standings.delete(id);
    for (const gap of gaps) live.announce({ event: 'gap', data: gap });
  }

  async function restore(): Promise<void> {
    const stored = await store.states();
    const states = new Map(stored.map((state) => [state.canteen, state]));
    const open = Map.groupBy(await store.openGaps(), (gap) => gap.canteen);
    const setBackMs = Math.max(0, ...stored.map(latestNow).map((latest) => latest - asOf));
    if (setBackMs > 0) log.warn({ setBackMs }, 'the clock is behind what it was when the server last ran');
    const commit: Commit = { ...nothingTold, at: asOf, states: [], gaps: [] };
    for (const identity of identities) {
      const before = states.get(identity.id);
      const after = before === undefined ? newCanteen(identity.id, asOf) : expectFrom(shiftClock(before, -setBackMs), asOf);
      const judged = judge({ identity, state: after, open: open.get(identity.id) ?? [], summary: unjudged(identity) }, asOf);
      standings.set(identity.id, judged.standing);
      commit.states.push({ before, after });
      commit.gaps.push(...judged.changed);
    }
    commit.gaps.push(
      ...[...open.values()]
        .flat()
        .filter(({ canteen }) => !standings.has(canteen))
        .map(withdrawn),
    );
    await store.commit(commit);
  }

  /** Nobody looks after these any more, so nothing will ever close them. */
  function withdrawn(gap: Gap): Gap {
    return { ...gap, status: 'closed', closedAt: new Date(asOf).toISOString(), foldedUnder: null, cause: noLongerSupervised };
  }

  async function apply({ canteens, told, ...kept }: Intake): Promise<void> {
    const read = now();
    const at = read < asOf && asOf - read < jitterMs ? asOf : read;
    const toldOf = Map.groupBy(told, ({ canteen }) => canteen);
    const clockMoved = at < asOf || at - asOf > awayAfterMs;
    if (clockMoved) log.warn({ byMs: at - asOf }, 'the server was away, or its clock was set: silence counts from now');
    const history: ToldSpan[] = [];
    const changes = [...new Set(clockMoved ? standings.keys() : canteens)].flatMap((id) => {
      const before = standings.get(id);
      if (before === undefined) return [];
      const state = foldAll(asSeenAt(before.state, at), toldOf.get(id) ?? [], { at, history });
      return [{ before, ...judge({ ...before, state }, at) }];
    });
    await store.commit({
      ...kept,
      at,
      states: changes.map(({ before, standing }) => ({ before: before.state, after: standing.state })),
      gaps: changes.flatMap(({ changed }) => changed),
      history,
    });
    asOf = at;
    for (const { standing } of changes) standings.set(standing.identity.id, standing);
    for (const { before, standing, changed } of changes) await announce(before, standing, changed);
  }

  /** Time only goes forwards: where the clock shows less than before, it was set, and what was read off it moves along. */
  function asSeenAt(state: CanteenState, at: number): CanteenState {
    if (at < asOf) return shiftClock(state, at - asOf);
    return at - asOf > awayAfterMs ? expectFrom(state, at) : state;
  }

  /** The event is in the log by then; what one event broke must not stop all others for ever. Notes down what is told in `history`. */
  function foldAll(state: CanteenState, told: Intake['told'], { at, history }: { at: number; history: ToldSpan[] }): CanteenState {
    return told.reduce((folded, { canteen, input, receivedAt }) => {
      try {
        const seenAt = Math.min(receivedAt, at);
        const next = fold(folded, input, seenAt);
        const span = toldSpan(next, input, seenAt);
        if (span !== undefined) history.push(span);
        return next;
      } catch (err) {
        log.error({ err, canteen, kind: input.kind }, 'an input could not be folded and was passed over');
        return folded;
      }
    }, state);
  }

  function judge(standing: Standing, at: number): { standing: Judged; changed: Gap[] } {
    const { identity, state, open } = standing;
    const { changed, ...rest } = assessSafely(identity, state, open, at);
    const staleAt = rest.summary.staleAt === null ? Number.POSITIVE_INFINITY : Date.parse(rest.summary.staleAt);
    const holdsUntil = Math.min(at + freshForMs, staleAt, nextLapse(state, at));
    return { standing: { identity, state, ...rest, judgedAt: at, holdsUntil }, changed };
  }

  function assessSafely(identity: CanteenIdentity, state: CanteenState, open: Gap[], at: number): Assessment {
    try {
      return assess({ canteen: identity, state, open, standard, now: at });
    } catch (err) {
      log.error({ err, canteen: identity.id }, 'a canteen could not be judged and is shown as unknown');
      return { open, changed: [], summary: unjudged(identity) };
    }
  }

  function current(standing: Judged, at: number): Standing {
    if (standing.judgedAt <= at && at <= standing.holdsUntil) return standing;
    return judge({ ...standing, state: asSeenAt(standing.state, at) }, at).standing;
  }

  async function announce(before: Standing, after: Standing, changed: Gap[]): Promise<void> {
    for (const gap of changed) live.announce({ event: 'gap', data: gap });
    if (JSON.stringify(before.summary) !== JSON.stringify(after.summary)) live.announce({ event: 'canteen', data: after.summary });
    if (changed.length > 0) await publishGaps(after);
  }

  async function publishGaps({ identity, open }: Standing): Promise<void> {
    const at = new Date(now()).toISOString();
    const message = envelope('cn.mingzao.gaps.v1', {
      id: crypto.randomUUID(),
      source: 'mingzao/server',
      time: at,
      data: { schemaVersion: 1 as const, at, gaps: open },
    });
    await publish(topic(identity.id, 'gaps'), message);
  }
}

const nothingTold = { events: [], watermarks: [], refused: [], history: [] } satisfies Partial<Commit>;

const noLongerSupervised = { zh: '该食堂已不在监管名单中', en: 'The canteen is no longer under supervision' };

function unjudged(identity: CanteenIdentity): CanteenSummary {
  const nothing = { zones: [], cameras: { total: 0, healthy: 0 }, openGaps: 0, worstSeverity: null, heardAt: null, staleAt: null };
  return { ...identity, verdict: 'unknown', ...nothing };
}
