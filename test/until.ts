// Waits for a condition where there is no vitest to do it: for programs that tests and scripts start alike.
import { setTimeout as delay } from 'node:timers/promises';

/** Tries `condition` again until it does not reject. Rejected with its last error after `withinMs`. */
export async function until(condition: () => Promise<unknown>, withinMs: number): Promise<void> {
  const last = performance.now() + withinMs;
  for (;;) {
    try {
      await condition();
      return;
    } catch (error) {
      if (performance.now() > last) throw error;
    }
    await delay(50);
  }
}
