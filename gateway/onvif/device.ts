// ONVIF's device service: who the device says it is.
import type { IdentityMeasured } from '#contract/camera-measured.ts';
import { printable } from './device-error.ts';
import type { OnvifSession } from './session.ts';
import { textOf } from './xml-node.ts';

/** Asks GetDeviceInformation. What the device leaves out is an empty string. Throws DeviceError. */
export async function readIdentity(session: OnvifSession, options: { signal: AbortSignal }): Promise<IdentityMeasured> {
  const response = await session.call({ service: 'device', action: 'GetDeviceInformation' }, options);
  const field = (name: string) => printable(textOf(response, name) ?? '', 128);
  return { manufacturer: field('Manufacturer'), model: field('Model'), firmware: field('FirmwareVersion'), serial: field('SerialNumber') };
}
