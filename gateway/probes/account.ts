// Looks what the gateway's own account may do on the device, where the device tells that.
import type { AccountObservation } from '../observation.ts';
import { readAccount } from '../onvif/users.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

/** Never rejects. */
export async function probeAccount({ id, session }: Device, { signal, now }: ProbeOptions): Promise<AccountObservation> {
  const account = await seen(() => readAccount(session, { signal }));
  return { kind: 'account', device: id, account, at: new Date(now()).toISOString() };
}
