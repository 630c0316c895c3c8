// Reads a floor plan from its file, and refuses one that cannot be.
import { readSettings, SettingsError } from '#config/settings.ts';
import { Plan } from '#contract/plan.ts';
import { planFault } from './coverage/plan-faults.ts';

/** JSON or YAML. Throws SettingsError, and nothing else, on whatever is wrong with it. */
export function readPlan(file: string): Plan {
  const plan = readSettings(file, Plan);
  const fault = planFault(plan);
  if (fault !== undefined) throw new SettingsError(`${file}: ${fault}`);
  return plan;
}
