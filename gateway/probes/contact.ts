// Looks whether a device answers, and what time it thinks it is.
import type { FaultCode } from '#contract/fault-code.ts';
import type { ContactObservation, Seen } from '../observation.ts';
import { createClockSeries } from './clock-series.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

/** Remembers, while the gateway runs, how the device's clock went. Never rejects. */
export function createContactProbe(): (device: Device, options: ProbeOptions) => Promise<ContactObservation> {
  const series = createClockSeries();
  return async (device, options) => {
    const observation = await probeContact(device, options);
    if (!observation.clock.ok) return observation;
    const taken = { at: Date.parse(observation.at), monotonicMs: performance.now() };
    return { ...observation, clock: { ok: true, value: series.add(observation.clock.value, taken) } };
  };
}

/** One request, without a password as long as the device tells its clock to everyone. Never rejects. */
export async function probeContact({ id, session }: Device, { signal, now }: ProbeOptions): Promise<ContactObservation> {
  const since = performance.now();
  const reading = await seen(() => session.readClock({ signal }));
  const roundTripMs = performance.now() - since;
  return {
    kind: 'contact',
    device: id,
    address: session.address,
    contact: contactOf(reading, roundTripMs),
    clock: reading.ok ? { ok: true, value: reading.value.clock } : reading,
    at: new Date(now()).toISOString(),
  };
}

/** A device that answers with a fault of its own, or asks who we are, is there all the same. */
const answers: ReadonlySet<FaultCode> = new Set(['soap-fault', 'not-supported', 'credentials-refused', 'locked', 'busy']);

function contactOf(reading: Seen<{ roundTripMs: number }>, roundTripMs: number): Seen<{ roundTripMs: number }> {
  if (reading.ok) return { ok: true, value: { roundTripMs: reading.value.roundTripMs } };
  return answers.has(reading.fault) ? { ok: true, value: { roundTripMs } } : reading;
}
