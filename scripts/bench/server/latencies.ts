// What a crowd of durations comes to.

export interface Latencies {
  count: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  worst: number;
}

export function latencies(durations: readonly number[]): Latencies {
  const inOrder = durations.toSorted((a, b) => a - b);
  const below = (share: number) => Math.round(inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)] ?? 0);
  return { count: inOrder.length, p50: below(0.5), p95: below(0.95), p99: below(0.99), worst: below(1) };
}
