// How fast each of many senders may go on: a burst at once, the rest as time passes.

/**
 * The returned function is told that `key` wants `amount` more, and says how many milliseconds that has to wait. It is granted in any case: who asks
 * again before that time waits longer.
 */
export function createPace(limits: { perSecond: number; burst: number; nowMs: () => number }): (key: string, amount: number) => number {
  const { perSecond, burst, nowMs } = limits;
  const levels = new Map<string, { level: number; at: number }>();
  return (key, amount) => {
    const at = nowMs();
    const before = levels.get(key) ?? { level: 0, at };
    const level = Math.max(0, before.level - ((at - before.at) / 1000) * perSecond) + amount;
    levels.set(key, { level, at });
    return Math.max(0, ((level - burst) / perSecond) * 1000);
  };
}
