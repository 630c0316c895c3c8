// What was read off one canteen's facts, kept for as long as it must come out the same: judging costs by what is new, not by all there is.
import type { CheckName } from '#contract/facts.ts';
import type { Layout } from '#contract/layout.ts';
import type { Standard } from '#contract/standard.ts';
import { beliefIn, lapseOf } from './believed.ts';
import type { KnownFacts } from './known-facts.ts';
import type { Scene } from './rule.ts';
import type { CanteenState, KnownFact } from './state.ts';

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
  /** What it looked at itself. */
  sources: Source[];
  /** The last instant up to which those say the same, milliseconds since 1970: none, where it looked at more than facts. */
  until: number;
  /** What it had from others that were found, and as what. */
  parts: Map<string, unknown>;
  /** The last round in which it was known to hold. */
  round: number;
}

/** What was read of one device, as it was, and all that was known of that device then. */
interface Source {
  device: string;
  known: ReadonlyMap<CheckName, KnownFact> | undefined;
  checks: CheckName[];
  /** What each of `checks` was read as. */
  as: (KnownFact | undefined)[];
}

interface Moment {
  state: CanteenState;
  standard: Standard;
  now: number;
}

export function createMemory(): Memory {
  const kept = new Map<string, Found>();
  let last: Moment | undefined;
  let round = 0;

  return {
    sceneOf: (state, standard, now) => {
      const moment = { state, standard, now };
      if (last === undefined || !isOfOneGround(last, moment)) kept.clear();
      last = moment;
      round += 1;
      return createScene(moment);
    },
  };

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
        const known = state.facts.get(device)?.get(check);
        if (reading !== undefined) note(reading.sources, { device, check }, state.facts);
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
      if (found.until < now || !found.sources.every(isAsRead)) return undefined;
      for (const [what, value] of found.parts) if (partNow(what) !== value) return undefined;
      found.round = round;
      return found;
    }

    function partNow(what: string): unknown {
      const known = kept.get(what);
      return (upToDate(known) ?? (known && look(known)))?.value;
    }

    /** Most devices have told nothing new, which one comparison shows. */
    function isAsRead(source: Source): boolean {
      const known = state.facts.get(source.device);
      if (known === source.known) return true;
      if (source.checks.some((check, index) => known?.get(check) !== source.as[index])) return false;
      source.known = known;
      return true;
    }

    function look({ what, find, isSame }: Sought): Found {
      const before = kept.get(what);
      const nothingYet = { value: undefined, sources: [], until: Number.POSITIVE_INFINITY, parts: new Map<string, unknown>() };
      const found: Found = { what, find, isSame, round, ...nothingYet };
      reading = found;
      const value = find(scene);
      found.sources = found.sources.map(trimmed);
      // Whoever had it as it was need not look again where it has come out the same.
      found.value = before !== undefined && isSame(before.value, value) ? before.value : value;
      kept.set(what, found);
      return found;
    }
  }
}

function note(sources: Source[], { device, check }: { device: string; check: CheckName }, facts: KnownFacts): void {
  const known = facts.get(device);
  const noted = sources.find((source) => source.device === device);
  const source = noted ?? { device, known, checks: [], as: [] };
  if (noted === undefined) sources.push(source);
  if (source.checks.includes(check)) return;
  source.checks.push(check);
  source.as.push(known?.get(check));
}

/** A list that things are added to takes room for more of them, and there are hundreds for each canteen. */
function trimmed({ device, known, checks, as }: Source): Source {
  return { device, known, checks: checks.slice(), as: as.slice() };
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

const nothingRegistered: Layout = { schemaVersion: 1, zones: [], cameras: [], recorders: [] };
