// ONVIF knows nothing of disks; it only tells how long a recorder is set to keep its recordings at most.
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { children, textOf } from '../onvif/xml-node.ts';
import { readDurationDays } from './duration.ts';
import { type StorageSource, storage } from './storage-source.ts';

export const profileGStorage: StorageSource = { name: 'profile-g', read };

/** Recording Control 5.3: a MaximumRetentionTime of 0 is no limit. The shortest of all recordings counts. */
async function read(session: OnvifSession, options: { signal: AbortSignal }) {
  const response = await session.call({ service: 'recording', action: 'GetRecordings' }, options);
  const limits = children(response, 'RecordingItem')
    .flatMap((item) => readDurationDays(textOf(item, 'Configuration', 'MaximumRetentionTime')) ?? [])
    .filter((days) => days > 0);
  if (limits.length === 0)
    throw new DeviceError('not-supported', 'ONVIF tells nothing of disks, and the recorder of no limit to its recordings');
  return storage({ method: profileGStorage.name, disks: [], retentionDaysMax: Math.min(...limits) });
}
