// Holds back a sender that sends too much: nothing more is read from it for a while, and all others are read as ever.
import { setTimeout as delay } from 'node:timers/promises';
import { createPace } from './pace.ts';

/** A connection; what `pause` does not read waits at the sender. */
export interface Sender {
  pause(): void;
  resume(): void;
}

/**
 * The returned function stores a message of so many bytes that came from `sender` on behalf of `key`, later where it comes too fast. While that goes on,
 * or more than `unstoredBytesMax` of one sender are being stored, nothing more is read from it. Rejected where `store` is.
 */
export function createHoldBack(limits: {
  perSecond: number;
  burst: number;
  unstoredBytesMax: number;
}): (about: { sender: Sender; key: string; bytes: number; store: () => Promise<void> }) => Promise<void> {
  const waitOf = createPace({ ...limits, nowMs: () => performance.now() });
  const held = new WeakMap<Sender, { bytes: number; waiting: number }>();

  return async ({ sender, key, bytes, store }) => {
    const load = held.get(sender) ?? { bytes: 0, waiting: 0 };
    held.set(sender, load);
    const waitMs = waitOf(key, bytes);
    load.bytes += bytes;
    load.waiting += waitMs > 0 ? 1 : 0;
    if (isTooMuch(load)) sender.pause();
    try {
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
      await store();
    } finally {
      load.bytes -= bytes;
      load.waiting -= waitMs > 0 ? 1 : 0;
      if (!isTooMuch(load)) sender.resume();
    }
  };

  function isTooMuch({ bytes, waiting }: { bytes: number; waiting: number }): boolean {
    return waiting > 0 || bytes > limits.unstoredBytesMax;
  }
}
