// Looks who a device says it is, and whether that is the one that was registered.
import type { IdentityMeasured } from '#contract/camera-measured.ts';
import type { IdentityObservation } from '../observation.ts';
import { readIdentity } from '../onvif/device.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

/** Never rejects. Another serial number than the expected one is the fault `wrong-device`. */
export async function probeIdentity(device: Device, { signal, now }: ProbeOptions): Promise<IdentityObservation> {
  const identity = await seen(async () => expected(await readIdentity(device.session, { signal }), device.expectedSerial));
  return { kind: 'identity', device: device.id, identity, at: new Date(now()).toISOString() };
}

function expected(identity: IdentityMeasured, serial: string | undefined): IdentityMeasured {
  if (serial === undefined || serial === identity.serial) return identity;
  throw new DeviceError(
    'wrong-device',
    `serial number ${identity.serial || '(none)'} (${identity.model}) answers where ${serial} was registered`,
  );
}
