// Looks at a camera’s stream for a few seconds: whether it comes as it should, and decodes, and what time the picture shows.
import type { StreamObservation } from '../observation.ts';
import { createOverlayClock } from '../overlay-clock/overlay-clock.ts';
import type { Device, ProbeOptions } from './device.ts';
import { mainStreamOf } from './main-stream.ts';
import { sampleStream } from './sample-stream.ts';
import { seen } from './seen.ts';

const sampleSecondsDefault = 5;

export type StreamProbe = (device: Device, options: ProbeOptions & { seconds?: number }) => Promise<StreamObservation>;

/** Never rejects. Remembers the clock in one camera’s picture from look to look; `timeZone` is the canteen’s. */
export function createStreamProbe({ timeZone }: { timeZone: string }): StreamProbe {
  const overlay = createOverlayClock(timeZone);
  return async (device, { signal, now, seconds = sampleSecondsDefault }) => {
    const stream = await seen(async () => {
      const { address, ...source } = await mainStreamOf(device, signal);
      const { credentials, streams } = device.session;
      const sample = await streams.using(() => sampleStream(address, { credentials, seconds, signal }));
      const at = now();
      const taken = { from: at - 1000 * sample.shownAgo.most, to: at - 1000 * sample.shownAgo.least };
      const overlayClock = overlay.note(sample.shown, taken);
      return { ...sample.stream, ...source, ...(overlayClock && { overlayClock }) };
    });
    return { kind: 'stream', device: device.id, stream, at: new Date(now()).toISOString() };
  };
}
