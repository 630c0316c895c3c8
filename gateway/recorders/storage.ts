// The ways of asking a recorder for its disks. A new maker's recorder is one file and one line here.
import type { StorageMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { dahuaStorage } from './dahua-storage.ts';
import { hikvisionStorage } from './hikvision-storage.ts';
import { knowledge } from './maker.ts';
import { profileGStorage } from './profile-g-storage.ts';
import type { StorageSource } from './storage-source.ts';
import { univiewStorage } from './uniview-storage.ts';

/** The makers' own first: ONVIF tells of no disk. */
const sources: readonly StorageSource[] = [hikvisionStorage, dahuaStorage, univiewStorage, profileGStorage];

/** Asks in one way after the other until one is known. Throws DeviceError: `not-supported` where the recorder knows none. */
export async function readStorage(session: OnvifSession, options: { signal: AbortSignal }): Promise<StorageMeasured> {
  const refusals: { source: StorageSource; refusal: DeviceError }[] = [];
  const mayKnow = knowledge(session, sources, options);
  for (const source of sources) {
    if (!(await mayKnow(source))) continue;
    try {
      return await source.read(session, options);
    } catch (thrown) {
      if (!(thrown instanceof DeviceError) || !givesWay.has(thrown.fault)) throw thrown;
      refusals.push({ source, refusal: thrown });
    }
  }
  const ofMakers = refusals.filter(({ source, refusal }) => source.makers !== undefined && refusal.fault !== 'soap-fault');
  // Half an answer of the recorder's own maker's way is no sign that it does not know that way.
  if (ofMakers.length === 1 && ofMakers[0] !== undefined) throw ofMakers[0].refusal;
  throw new DeviceError('not-supported', refusals.map(({ source, refusal }) => `${source.name}: ${refusal.detail}`).join('; '));
}

/** Whatever answers a maker's question in another maker's way does not know the interface. */
const givesWay: ReadonlySet<string> = new Set(['not-supported', 'soap-fault', 'http-error', 'malformed', 'truncated', 'redirected']);
