// What was read off one canteen's facts, kept for as long as it must come out the same: judging costs by what is new, not by all there is.
import type { Layout } from '#contract/layout.ts';
import type { Standard } from '#contract/standard.ts';
import { beliefIn, lapseOf } from './believed.ts';
import { changesOfFacts, factOf } from './known-facts.ts';
import type { Scene } from './rule.ts';
import { type CanteenState, factKey } from './state.ts';

export interface Memory {
  /** What rules look at: `state` as it may be believed at `now`, milliseconds since 1970. Whatever state follows another, it answers as if new. */
  sceneOf(state: CanteenState, standard: Standard, now: number): Scene;
}

/** What something was read off. */
interface Sources {
  /** By `device/check`. */
  facts: Set<string>;
  /** The last instant up to which it comes out the same, milliseconds since 1970: none, where it looked at more than facts. */
  until: number;
}

interface Moment {
  state: CanteenState;
  standard: Standard;
  now: number;
}

export function createMemory(): Memory {
  const kept = new Map<string, Sources & { value: unknown }>();
  const readers = new Map<string, Set<string>>();
  let last: Moment | undefined;

  return {
    sceneOf: (state, standard, now) => {
      const moment = { state, standard, now };
      if (last === undefined || !isOfOneGround(last, moment)) kept.clear();
      else for (const fact of changedFacts(last.state, state)) for (const reader of readers.get(fact) ?? []) kept.delete(reader);
      for (const [what, { until }] of kept) if (until < now) kept.delete(what);
      last = moment;
      return createScene(moment);
    },
  };

  function createScene({ state, standard, now }: Moment): Scene {
    let reading: Sources | undefined;
    const holdFor = (until: number) => {
      if (reading !== undefined && until < reading.until) reading.until = until;
    };
    return {
      standard,
      layout: state.layout?.layout ?? nothingRegistered,
      isRegistered: state.layout !== null,
      get state() {
        holdFor(Number.NEGATIVE_INFINITY);
        return state;
      },
      get now() {
        holdFor(Number.NEGATIVE_INFINITY);
        return now;
      },
      believed: (device, check) => {
        const known = factOf(state.facts, { device, check });
        reading?.facts.add(factKey(device, check));
        holdFor(lapseOf(known, now));
        return beliefIn(known, check, { state, now });
      },
      remember: <Value>(what: string, find: () => Value): Value => {
        const outer = reading;
        const found = kept.get(what) ?? look(what, find);
        reading = outer;
        if (outer !== undefined) for (const fact of found.facts) outer.facts.add(fact);
        holdFor(found.until);
        return found.value as Value;
      },
    };

    function look(what: string, find: () => unknown) {
      const sources: Sources = { facts: new Set(), until: Number.POSITIVE_INFINITY };
      reading = sources;
      const found = Object.assign(sources, { value: find() });
      for (const fact of found.facts) readers.set(fact, (readers.get(fact) ?? new Set()).add(what));
      kept.set(what, found);
      return found;
    }
  }
}

/** Beside its facts, all that a belief depends on; and time that runs backwards would wake what has lapsed. */
function isOfOneGround(before: Moment, after: Moment): boolean {
  return (
    before.standard === after.standard &&
    before.state.layout === after.state.layout &&
    before.state.expectedSince === after.state.expectedSince &&
    before.now <= after.now
  );
}

function changedFacts(before: CanteenState, after: CanteenState): string[] {
  const { told, gone } = changesOfFacts(before.facts, after.facts);
  return [...told, ...gone].map(({ fact }) => factKey(fact.device, fact.check));
}

const nothingRegistered: Layout = { schemaVersion: 1, zones: [], cameras: [], recorders: [] };
