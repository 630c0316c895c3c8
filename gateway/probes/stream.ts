// Looks at a camera’s stream for a few seconds: whether it comes as it should, and decodes.
import type { StreamObservation } from '../observation.ts';
import type { Device, ProbeOptions } from './device.ts';
import { mainStreamOf } from './main-stream.ts';
import { sampleStream } from './sample-stream.ts';
import { seen } from './seen.ts';

const sampleSecondsDefault = 5;

/** Never rejects. */
export async function probeStream(
  device: Device,
  { signal, now, seconds = sampleSecondsDefault }: ProbeOptions & { seconds?: number },
): Promise<StreamObservation> {
  const stream = await seen(async () => {
    const { address, ...source } = await mainStreamOf(device, signal);
    const { credentials, streams } = device.session;
    const sample = await streams.using(() => sampleStream(address, { credentials, seconds, signal }));
    return { ...sample.stream, ...source };
  });
  return { kind: 'stream', device: device.id, stream, at: new Date(now()).toISOString() };
}
