// How long to wait before connecting again: never all gateways at once, and never long for one that has only lost its line for a moment.

/**
 * Of the first wait: five hundred gateways that lose their server in one instant come back some fifty a second, and a single one after five seconds
 * on the average, long before anybody takes it for silent.
 */
const firstWithinMs = 10_000;
const withinMsMost = 30_000;

/** Milliseconds; `attempt` counts from 0 since the last sound connection, `random` is from 0 up to, not including, 1. */
export function backOffMs(attempt: number, random: number): number {
  return random * Math.min(withinMsMost, firstWithinMs * 2 ** attempt);
}
