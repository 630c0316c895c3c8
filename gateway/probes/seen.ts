// Turns what a look threw into what it saw: a device that fails is data.

import type { Seen } from '../observation.ts';
import { asDeviceError } from '../onvif/device-error.ts';

/** Never rejects. */
export async function seen<Value>(look: () => Promise<Value>): Promise<Seen<Value>> {
  try {
    return { ok: true, value: await look() };
  } catch (thrown) {
    return unseen(thrown);
  }
}

export function unseen(thrown: unknown): Seen<never> {
  const { fault, detail } = asDeviceError(thrown);
  return { ok: false, fault, detail };
}
