// Where a camera’s main stream is, and who said so.
import type { StreamMeasured } from '#contract/camera-measured.ts';
import { findMainStream } from '../onvif/media.ts';
import type { Device } from './device.ts';

export interface MainStream {
  address: string;
  source: Pick<StreamMeasured, 'via' | 'profile'>;
  /** What the camera’s encoder is set to, frames per second, as far as it says. */
  claimedRate?: number | undefined;
}

/** Throws DeviceError. */
export async function mainStreamOf(device: Device, signal: AbortSignal): Promise<MainStream> {
  if (device.streamUri !== undefined) return { address: device.streamUri, source: { via: 'configured' } };
  const { address, profile } = await findMainStream(device.session, { signal });
  const { via, token, framesPerSecond } = profile;
  return { address, source: { via, profile: token.slice(0, 128) }, claimedRate: framesPerSecond };
}
