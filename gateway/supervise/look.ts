// One look at one device: in its turn, within its deadline, and a second time before it is said that something has gone wrong.
import type { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import { judge } from '../checks/index.ts';
import type { Sleep } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Observation } from '../observation.ts';
import type { Plan, Watched } from '../supervise.ts';
import { withDeadline } from './deadline.ts';
import type { Present } from './present.ts';
import type { Turns } from './turns.ts';
import { unobserved } from './unobserved.ts';

export interface Look {
  /** What was seen, or undefined where `signal` fired meanwhile. Never rejects: our own failure is an observation too. */
  at(plan: Plan, signal: AbortSignal): Promise<Fact[] | undefined>;
  /** The facts of a look that is not taken, and why. */
  without(plan: Plan, why: { fault: FaultCode; detail: string }): Fact[];
}

/** Told of every look that came to its end; `outcome` is the worst of what was seen. */
export type OnLook = (look: { kind: Plan['kind']; outcome: Fact['outcome']; seconds: number }) => void;

/** A first look at something gone wrong is confirmed by a second one after this. */
const secondLookMs = 2000;

/**
 * What changes is told at once, so a fact that goes on only has to be renewed, and seldom: an outage of days must fit into the outbox.
 * Believing it longer would hide a gateway that lives and no longer looks.
 */
const believedAtLeastMs = 180_000;

/** The password was not taken. Any further attempt would only lock the account. */
export const isRefusal = ({ fault }: Fact) => fault === 'credentials-refused' || fault === 'locked';

export function createLook(
  device: Watched,
  deps: { present: Present; turnsFor(plan: Plan): Turns; onLook?: OnLook; now: () => number; sleep: Sleep; log: Log },
): Look {
  const failing = new Set<Plan>();

  const missing = (plan: Plan, why: { fault: FaultCode; detail: string }) =>
    unobserved(plan.kind, { device: device.id, address: device.address(), at: deps.now(), ...why });

  const observe = async (plan: Plan, signal: AbortSignal): Promise<Observation | undefined> => {
    if (signal.aborted) return undefined;
    try {
      const limits = { ms: plan.deadlineMs, signal, sleep: deps.sleep };
      const seen = await withDeadline((limited) => plan.probe({ signal: limited, now: deps.now }), limits);
      if (seen === undefined) throw new Error(`the ${plan.kind} probe did not end at its deadline`);
      failing.delete(plan);
      return signal.aborted ? undefined : seen;
    } catch (err) {
      if (signal.aborted) return undefined;
      if (!failing.has(plan)) deps.log.error({ err, device: device.id, probe: plan.kind }, 'a probe failed; repeats are not logged');
      failing.add(plan);
      return missing(plan, { fault: 'internal', detail: 'the gateway’s own probe failed; its log says why' });
    }
  };

  const once = async (plan: Plan, signal: AbortSignal): Promise<Fact[] | undefined> => {
    const inTurn = async () => {
      const since = performance.now();
      const seen = await observe(plan, signal);
      const facts = seen && factsOf(plan, seen);
      if (facts !== undefined) deps.onLook?.({ kind: plan.kind, outcome: worstOf(facts), seconds: (performance.now() - since) / 1000 });
      return facts;
    };
    return plan === device.contact ? inTurn() : deps.turnsFor(plan)(inTurn);
  };

  const hasGoneWrong = (fact: Fact) =>
    fact.outcome === 'fault' && deps.present.get(fact.device, fact.check)?.outcome !== 'fault' && !isRefusal(fact);

  return {
    async at(plan, signal) {
      const facts = await once(plan, signal);
      if (plan.confirmsItself === true || !facts?.some(hasGoneWrong)) return facts;
      await deps.sleep(secondLookMs, signal);
      return once(plan, signal);
    },
    without: (plan, why) => factsOf(plan, missing(plan, why)),
  };
}

function worstOf(facts: Fact[]): Fact['outcome'] {
  const outcomes = facts.map(({ outcome }) => outcome);
  return outcomes.find((outcome) => outcome === 'fault') ?? outcomes.find((outcome) => outcome === 'unknown') ?? 'ok';
}

const factsOf = (plan: Plan, seen: Observation) => judge(seen, Math.max(believedAtLeastMs, 3 * plan.everyMs + plan.deadlineMs));
