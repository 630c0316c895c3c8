// Listens to what a device tells by itself.
import type { EventsObservation, Seen } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { type FollowOptions, followEvents } from '../onvif/events.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { createEventStates } from './event-states.ts';
import { seen } from './seen.ts';

/** `signal` ends the listening; what was subscribed to is given back first. */
export interface ListenOptions extends Pick<FollowOptions, 'signal' | 'sleep'> {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Whether it is the registered device that would be listened to. */
  whoAnswers(signal: AbortSignal): Promise<{ ok: true } | Seen<never>>;
  /** Called with how things stand after every answer of the device. */
  tell(observation: EventsObservation): void;
}

/**
 * Listens until `signal` fires or the device lets go of us; resolves to what can be said since then. Never rejects, never tries again.
 * Remembers how things stood: what was wrong when the line broke is not put right by that.
 */
export function createListening(device: string): (session: OnvifSession, options: ListenOptions) => Promise<EventsObservation> {
  const states = createEventStates();
  return async (session, { signal, now, sleep, whoAnswers, tell }) => {
    const observe = (listening: EventsObservation['listening']): EventsObservation => {
      const at = now();
      return { kind: 'events', device, at: new Date(at).toISOString(), listening, ...states.now(at) };
    };
    states.outdate();
    const listening = await seen(async () => {
      const itself = await whoAnswers(signal);
      if (!itself.ok) throw new DeviceError(itself.fault, itself.detail);
      await followEvents(session, {
        signal,
        sleep,
        heard(events) {
          states.heard(events, now());
          tell(observe({ ok: true, value: undefined }));
        },
      });
      return undefined;
    });
    return observe(listening.ok ? { ok: false, fault: 'device-unreachable', detail: 'no longer listened to' } : listening);
  };
}
