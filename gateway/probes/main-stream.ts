// Where a camera’s main stream is, and who said so.
import type { StreamMeasured } from '#contract/camera-measured.ts';
import { findMainStream } from '../onvif/media.ts';
import type { Device } from './device.ts';

export type MainStream = Pick<StreamMeasured, 'via' | 'profile'> & { address: string };

/** Throws DeviceError. */
export async function mainStreamOf(device: Device, signal: AbortSignal): Promise<MainStream> {
  if (device.streamUri !== undefined) return { address: device.streamUri, via: 'configured' };
  const { address, profile } = await findMainStream(device.session, { signal });
  return { address, via: profile.via, profile: profile.token.slice(0, 128) };
}
