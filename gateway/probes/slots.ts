// Lets only so many pieces of work run at once; the others wait their turn, or until their time is up.
import { DeviceError } from '../onvif/device-error.ts';

export interface Slots {
  /** Rejects with what `work` rejects with, or with `no-answer` where `signal` fires before its turn. */
  use<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  return {
    async use(signal, work) {
      await turn(signal);
      try {
        return await work();
      } finally {
        free += 1;
        const [next] = waiting;
        next?.();
      }
    },
  };

  function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const take = () => {
      waiting.delete(take);
      signal.removeEventListener('abort', giveUp);
      free -= 1;
      resolve();
    };
    const giveUp = () => {
      waiting.delete(take);
      reject(new DeviceError('internal', `the gateway was busy with ${count} other streams until the time was up`));
    };
    if (signal.aborted) giveUp();
    else if (free > 0) take();
    else {
      waiting.add(take);
      signal.addEventListener('abort', giveUp, { once: true });
    }
    return promise;
  }
}
