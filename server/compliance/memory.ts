// What was read off one canteen's facts, kept for as long as it must come out the same: judging costs by what is new, not by all there is.
import type { CheckName } from '#contract/facts.ts';
import type { Layout } from '#contract/layout.ts';
import type { Standard } from '#contract/standard.ts';
import { type Belief, believed, lapsesAt } from './believed.ts';
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
  /** The last instant up to which each of them is believed as it was, milliseconds since 1970. */
  until: number;
  /** It looked at the clock itself, or at the state beside its facts: it says nothing of any other moment. */
  momentary: boolean;
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
      for (const [what, { momentary, until }] of kept) if (momentary || until < now) kept.delete(what);
      last = moment;
      return createScene(moment);
    },
  };

  function createScene({ state, standard, now }: Moment): Scene {
    let reading: Sources | undefined;
    const atThisMoment = <Value>(value: Value): Value => {
      if (reading !== undefined) reading.momentary = true;
      return value;
    };
    return {
      standard,
      layout: state.layout?.layout ?? nothingRegistered,
      isRegistered: state.layout !== null,
      get state() {
        return atThisMoment(state);
      },
      get now() {
        return atThisMoment(now);
      },
      believed: <Name extends CheckName>(device: string, check: Name): Belief<Name> => {
        reading?.facts.add(factKey(device, check));
        if (reading !== undefined) reading.until = Math.min(reading.until, lapsesAt(state, { device, check }, now));
        return believed(state, { device, check }, now);
      },
      remember: <Value>(what: string, find: () => Value): Value => {
        const outer = reading;
        const found = kept.get(what) ?? look(what, find);
        reading = outer;
        if (outer !== undefined) inherit(outer, found);
        return found.value as Value;
      },
    };

    function look(what: string, find: () => unknown) {
      const sources: Sources = { facts: new Set(), until: Number.POSITIVE_INFINITY, momentary: false };
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

/** The fold gives back what it leaves alone as the same object, so comparing references is enough. */
function changedFacts({ facts: before }: CanteenState, { facts: after }: CanteenState): string[] {
  if (before === after) return [];
  const changed = Object.keys(after).filter((key) => after[key] !== before[key]);
  return [...changed, ...Object.keys(before).filter((key) => !(key in after))];
}

function inherit(outer: Sources, { facts, until, momentary }: Sources): void {
  for (const fact of facts) outer.facts.add(fact);
  outer.until = Math.min(outer.until, until);
  outer.momentary ||= momentary;
}

const nothingRegistered: Layout = { schemaVersion: 1, zones: [], cameras: [], recorders: [] };
