// One zone of the plan together with what is known of its coverage.
import type { CoverageLevel } from '#contract/coverage.ts';
import type { FactOf } from '#contract/facts.ts';
import type { PlanZone } from '#contract/plan.ts';

export interface CoveredZone {
  zone: PlanZone;
  name: string;
  fact: FactOf<'coverage'> | undefined;
  /** False: nothing was computed, or it can no longer be believed. */
  isKnown: boolean;
  /** At the level that is looked at; absent where it was not computed at that. */
  found: CoverageLevel | undefined;
  /** At the level the standard asks for. */
  required: CoverageLevel | undefined;
}
