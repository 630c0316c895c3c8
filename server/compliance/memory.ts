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

interface Sought {
  what: string;
  find(scene: Scene): unknown;
  isSame(one: unknown, other: unknown): boolean;
}

/** One thing that was found, and all it depends on: while none of that changes, it comes out the same. */
interface Found extends Sought {
  value: unknown;
  /** By `device/check`: what it looked at itself. */
  facts: Set<string>;
  /** Whether any of those is another one by now. */
  isOutdated: boolean;
  /** The last instant up to which those say the same, milliseconds since 1970: none, where it looked at more than facts. */
  until: number;
  /** What it had from others that were found, and as what. */
  parts: Map<string, unknown>;
  /** The last round in which it was known to hold. */
  round: number;
}

interface Moment {
  state: CanteenState;
  standard: Standard;
  now: number;
}

export function createMemory(): Memory {
  const kept = new Map<string, Found>();
  const readers = new Map<string, Set<Found>>();
  let last: Moment | undefined;
  let round = 0;

  return {
    sceneOf: (state, standard, now) => {
      const moment = { state, standard, now };
      if (last === undefined || !isOfOneGround(last, moment)) forget();
      else for (const fact of changedFacts(last.state, state)) for (const reader of readers.get(fact) ?? []) reader.isOutdated = true;
      last = moment;
      round += 1;
      return createScene(moment);
    },
  };

  function forget(): void {
    kept.clear();
    readers.clear();
  }

  function createScene({ state, standard, now }: Moment): Scene {
    let reading: Found | undefined;
    const holdFor = (until: number) => {
      if (reading !== undefined && until < reading.until) reading.until = until;
    };
    const scene: Scene = {
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
      remember: (what, find, isSame = Object.is) => {
        const outer = reading;
        const { value } = upToDate(kept.get(what)) ?? look({ what, find, isSame });
        reading = outer;
        outer?.parts.set(what, value);
        return value as ReturnType<typeof find>;
      },
    };
    return scene;

    /** Undefined where it has to be found anew. */
    function upToDate(found: Found | undefined): Found | undefined {
      if (found === undefined || found.round === round) return found;
      if (found.isOutdated || found.until < now) return undefined;
      for (const [what, value] of found.parts) if (partNow(what) !== value) return undefined;
      found.round = round;
      return found;
    }

    function partNow(what: string): unknown {
      const known = kept.get(what);
      return (upToDate(known) ?? (known && look(known)))?.value;
    }

    function look({ what, find, isSame }: Sought): Found {
      const before = kept.get(what);
      const nothingRead = {
        facts: new Set<string>(),
        isOutdated: false,
        until: Number.POSITIVE_INFINITY,
        parts: new Map<string, unknown>(),
      };
      const found: Found = { what, find, isSame, ...nothingRead, value: undefined, round };
      reading = found;
      const value = find(scene);
      // Whoever had it as it was need not look again where it has come out the same.
      found.value = before !== undefined && isSame(before.value, value) ? before.value : value;
      for (const fact of before?.facts ?? []) readers.get(fact)?.delete(before as Found);
      for (const fact of found.facts) readers.set(fact, (readers.get(fact) ?? new Set()).add(found));
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
