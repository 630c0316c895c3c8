// Holds every canteen's state and verdict, and is the one way both change: fold what was told, judge, store, announce.
import type { Logger } from 'pino';
import { envelope } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Standard } from '#contract/standard.ts';
import { topic } from '#contract/topics.ts';
import type { CanteenSummary } from '#contract/views.ts';
import type { Publish } from './broker.ts';
import { type Assessment, assess, type CanteenIdentity } from './compliance/assess.ts';
import { fold } from './compliance/fold.ts';
import { type CanteenState, expectFrom, type Input, newCanteen } from './compliance/state.ts';
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
  /** Publishes what is open at every canteen, retained, for gateways that connect from now on. */
  announceGaps(): Promise<void>;
}

interface Judged extends Standing {
  judgedAt: number;
}

/** The sweep judges more often than this; a verdict older than this was left behind, e.g. by a store that cannot be written. */
const freshForMs = 10_000;

/** Restores what the store holds and judges every canteen once. Throws what the store throws. */
export async function openCanteens(deps: {
  identities: CanteenIdentity[];
  standard: Standard;
  store: StateStore;
  live: Live;
  publish: Publish;
  log: Logger;
  now: () => number;
}): Promise<Canteens> {
  const { identities, standard, store, live, publish, log, now } = deps;
  const standings = new Map<string, Judged>();
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
    apply: (intake) => {
      const applied = tail.then(() => apply(intake));
      tail = applied.then(
        () => {
          storing = true;
        },
        () => {
          storing = false;
        },
      );
      return applied;
    },
    storing: () => storing,
    announceGaps: async () => {
      for (const standing of standings.values()) await publishGaps(standing);
    },
  };

  async function restore(): Promise<void> {
    const states = new Map((await store.states()).map((state) => [state.canteen, state]));
    const open = Map.groupBy(await store.openGaps(), (gap) => gap.canteen);
    const commit: Commit = { events: [], watermarks: [], refused: [], states: [], gaps: [] };
    for (const identity of identities) {
      const before = states.get(identity.id);
      const after = before === undefined ? newCanteen(identity.id, now()) : expectFrom(before, now());
      const judged = judge({ identity, state: after, open: open.get(identity.id) ?? [], summary: unjudged(identity) }, now());
      standings.set(identity.id, judged.standing);
      commit.states.push({ before, after });
      commit.gaps.push(...judged.changed);
    }
    await store.commit(commit);
  }

  async function apply({ canteens, told, ...kept }: Intake): Promise<void> {
    const at = now();
    const toldOf = Map.groupBy(told, ({ canteen }) => canteen);
    const changes = [...new Set(canteens)].flatMap((id) => {
      const before = standings.get(id);
      if (before === undefined) return [];
      const state = foldAll(before.state, toldOf.get(id) ?? []);
      return [{ before, ...judge({ ...before, state }, at) }];
    });
    await store.commit({
      ...kept,
      states: changes.map(({ before, standing }) => ({ before: before.state, after: standing.state })),
      gaps: changes.flatMap(({ changed }) => changed),
    });
    for (const { standing } of changes) standings.set(standing.identity.id, standing);
    for (const { before, standing, changed } of changes) await announce(before, standing, changed);
  }

  /** The event is in the log by then; what one event broke must not stop all others for ever. */
  function foldAll(state: CanteenState, told: Intake['told']): CanteenState {
    return told.reduce((folded, { canteen, input, receivedAt }) => {
      try {
        return fold(folded, input, receivedAt);
      } catch (err) {
        log.error({ err, canteen, kind: input.kind }, 'an input could not be folded and was passed over');
        return folded;
      }
    }, state);
  }

  function judge(standing: Standing, at: number): { standing: Judged; changed: Gap[] } {
    const { identity, state, open } = standing;
    const { changed, ...rest } = assessSafely(identity, state, open, at);
    return { standing: { identity, state, ...rest, judgedAt: at }, changed };
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
    const { staleAt } = standing.summary;
    const fresh = at - standing.judgedAt < freshForMs && (staleAt === null || at < Date.parse(staleAt));
    return fresh ? standing : judge(standing, at).standing;
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

function unjudged(identity: CanteenIdentity): CanteenSummary {
  const nothing = { zones: [], cameras: { total: 0, healthy: 0 }, openGaps: 0, worstSeverity: null, heardAt: null, staleAt: null };
  return { ...identity, verdict: 'unknown', ...nothing };
}
