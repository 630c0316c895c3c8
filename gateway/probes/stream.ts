// Looks at a camera’s stream for a few seconds: whether it comes as it should, and decodes, and what time the picture shows.
import type { StreamObservation } from '../observation.ts';
import { isRefusal } from '../onvif/account.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { createOverlayClock } from '../overlay-clock/overlay-clock.ts';
import type { Device, ProbeOptions } from './device.ts';
import { mainStreamOf } from './main-stream.ts';
import { type StreamSample, sampleStream } from './sample-stream.ts';
import { seen } from './seen.ts';

const sampleSecondsDefault = 5;

export type StreamProbe = (device: Device, options: ProbeOptions & { seconds?: number }) => Promise<StreamObservation>;

/** Never rejects. Remembers the clock in one camera’s picture from look to look; `timeZone` is the canteen’s. */
export function createStreamProbe({ timeZone }: { timeZone: string }): StreamProbe {
  const overlay = createOverlayClock(timeZone);
  return async (device, { signal, now, seconds = sampleSecondsDefault }) => {
    const stream = await seen(async () => {
      const { address, source, claimedRate } = await mainStreamOf(device, signal);
      const { credentials, streams } = device.session;
      const take = async () => {
        const sample = await streams.using(() => sampleStream(address, { credentials, seconds, signal }));
        return { sample, at: now() };
      };
      const { sample, at } = await takeOnceMoreIfSlow(take, claimedRate);
      const taken = { from: at - 1000 * sample.shownAgo.most, to: at - 1000 * sample.shownAgo.least };
      const overlayClock = overlay.note(sample.shown, taken);
      return { ...sample.stream, ...source, ...(overlayClock && { overlayClock }) };
    });
    return { kind: 'stream', device: device.id, stream, at: new Date(now()).toISOString() };
  };
}

interface Taken {
  sample: StreamSample;
  /** When it had been taken, milliseconds since 1970. */
  at: number;
}

/** Below this share of the rate that the encoder is set to, pictures are missing. */
const slowBelow = 0.9;

/** A network that falters for a second is no slow camera: what is missing has to be missing twice. The faster sample counts. */
async function takeOnceMoreIfSlow(take: () => Promise<Taken>, claimedRate: number | undefined): Promise<Taken> {
  const first = await take();
  const rate = ({ sample }: Taken) => sample.stream.framesPerSecond ?? 0;
  if (claimedRate === undefined || rate(first) >= slowBelow * claimedRate) return first;
  // What was measured stands, whatever becomes of the second: not every camera takes a session right after the last.
  const second = await take().catch((thrown: unknown) => {
    // A password that is refused, and what is our own fault, are no matter of this camera’s sessions.
    if (isRefusal(thrown) || !(thrown instanceof DeviceError) || thrown.fault === 'internal') throw thrown;
    return first;
  });
  return rate(second) >= rate(first) ? second : first;
}
