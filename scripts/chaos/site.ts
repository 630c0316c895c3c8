// What stands at the centre of the chaos: servers and what they need, all of which may be killed.
import type { StoredEvent, StoredGap } from './count.ts';
import type { Chance } from './random.ts';

export interface Site {
  /** Where gateways report, on this machine. */
  mqttPort: number;
  /** Everything that may go wrong, by name: does it, waits, and puts it right. */
  mishaps: Record<string, (about: { chance: Chance; pause: (ms: number) => Promise<void> }) => Promise<void>>;
  /** What is in the store now. */
  stored(): Promise<{ events: StoredEvent[]; gaps: StoredGap[] }>;
  close(): Promise<void>;
}
