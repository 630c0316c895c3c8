// Looks what a recorder says of its disks.
import type { StorageObservation } from '../observation.ts';
import { readStorage } from '../recorders/storage.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

/** Never rejects. */
export async function probeStorage({ id, session }: Device, { signal, now }: ProbeOptions): Promise<StorageObservation> {
  const storage = await seen(() => readStorage(session, { signal }));
  return { kind: 'storage', device: id, storage, at: new Date(now()).toISOString() };
}
