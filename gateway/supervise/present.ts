// The newest fact of every check, and which of them the server has to hear.
import type { CheckName, Fact } from '#contract/facts.ts';
import { changed } from '../checks/changed.ts';
import type { Log } from '../log.ts';

export interface Present {
  /** Takes in what one look came to. Emits what changed, and what was last emitted half its validity ago. */
  report(facts: Fact[]): void;
  get(device: string, check: CheckName): Fact | undefined;
  all(): Fact[];
}

/** `emit` must have stored the facts when it returns; where it throws, they are offered again at the next look. */
export function createPresent(deps: { emit(facts: Fact[]): void; now: () => number; log: Log }): Present {
  const present = new Map<string, Fact>();
  const emitted = new Map<string, { fact: Fact; at: number }>();
  let storing = true;

  const isDue = (fact: Fact): boolean => {
    const last = emitted.get(keyOf(fact));
    if (last === undefined || changed(last.fact, fact)) return true;
    const age = deps.now() - last.at;
    return age < 0 || age >= validityMs(last.fact) / 2; // below zero: the wall clock was set back, and how far tells nobody
  };

  return {
    report(facts) {
      for (const fact of facts) {
        logChange(deps.log, present.get(keyOf(fact)), fact);
        present.set(keyOf(fact), fact);
      }
      const due = facts.filter(isDue);
      if (due.length === 0) return;
      try {
        deps.emit(due);
      } catch (err) {
        if (storing) deps.log.error({ err }, 'facts cannot be stored; they are offered again at every look; repeats are not logged');
        storing = false;
        return;
      }
      for (const fact of due) emitted.set(keyOf(fact), { fact, at: deps.now() });
      if (!storing) deps.log.info({}, 'facts can be stored again');
      storing = true;
    },
    get: (device, check) => present.get(`${device}/${check}`),
    all: () => [...present.values()],
  };
}

const keyOf = ({ device, check }: Fact) => `${device}/${check}`;
const validityMs = (fact: Fact) => Date.parse(fact.validUntil) - Date.parse(fact.observedAt);

function logChange(log: Log, before: Fact | undefined, after: Fact): void {
  if (before?.outcome === after.outcome && before.fault === after.fault) return;
  const { device, check, outcome, fault, detail } = after;
  if (outcome === 'ok') log.info({ device, check }, 'check passes');
  else log.warn({ device, check, outcome, fault, detail }, 'check does not pass');
}
