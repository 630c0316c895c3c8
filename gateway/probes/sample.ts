// Looks at a camera's stream for a few seconds, and at one picture of it.
import type { StreamMeasured } from '#contract/camera-measured.ts';
import type { SampleObservation } from '../observation.ts';
import { findMainStream } from '../onvif/media.ts';
import type { Device, ProbeOptions } from './device.ts';
import { sampleStream } from './sample-stream.ts';
import { seen } from './seen.ts';

const sampleSecondsDefault = 5;

/** Never rejects. Where the stream cannot be seen, neither can the picture, for the same reason. */
export async function probeSample(
  device: Device,
  { signal, now, seconds = sampleSecondsDefault }: ProbeOptions & { seconds?: number },
): Promise<SampleObservation> {
  const sample = await seen(async () => {
    const { address, ...source } = await streamOf(device, signal);
    const { credentials, streams } = device.session;
    const { stream, picture } = await streams.using(() => sampleStream(address, { credentials, seconds, signal }));
    return { stream: { ...stream, ...source }, picture };
  });
  const at = new Date(now()).toISOString();
  if (!sample.ok) return { kind: 'sample', device: device.id, stream: sample, picture: sample, at };
  const { stream, picture } = sample.value;
  return { kind: 'sample', device: device.id, stream: { ok: true, value: stream }, picture: { ok: true, value: picture }, at };
}

/** The stream the installer wrote down, or the main one the camera names. Throws DeviceError. */
export async function streamOf(
  device: Device,
  signal: AbortSignal,
): Promise<Pick<StreamMeasured, 'via' | 'profile'> & { address: string }> {
  if (device.streamUri !== undefined) return { address: device.streamUri, via: 'configured' };
  const { address, profile } = await findMainStream(device.session, { signal });
  return { address, via: profile.via, profile: profile.token.slice(0, 128) };
}
