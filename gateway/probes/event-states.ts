// How things stand, made of the events that tell of their changes.
import type { EventsObservation } from '../observation.ts';
import type { DeviceEvent } from '../onvif/events.ts';
import { isActive, isInput, tamperKind } from './event-topics.ts';

export interface EventStates {
  /** `at`: when the events were heard, milliseconds since 1970. */
  heard(events: readonly DeviceEvent[], at: number): void;
  /** A new subscription begins: what was told before may have changed meanwhile. */
  outdate(): void;
  now(at: number): Pick<EventsObservation, 'tamper' | 'inputs'>;
}

interface State {
  topic: string;
  source: string;
  active: boolean;
  at: number;
  stale: boolean;
  /** Of an event that only happened: until when it counts as going on. */
  until: number;
}

/** The contract's limit. A device with more sources than this invents them. */
const statesMax = 64;
/** What only happened has no end that could be told: after this nothing is known of it. */
const happeningMs = 60_000;

export function createEventStates(): EventStates {
  const tamper = new Map<string, State>();
  const inputs = new Map<string, State>();

  const note = (states: Map<string, State>, { topic, source, operation, data }: DeviceEvent, at: number) => {
    const key = `${topic} ${source}`;
    // An event that says nothing of a state has happened; one whose state cannot be made out has told nothing.
    const active = isActive(data) ?? (operation === undefined ? true : 'unclear');
    const before = states.get(key);
    if (operation === 'Deleted') states.delete(key);
    // Something was told of it that nobody can read: how it stood before says nothing any more.
    if (active === 'unclear' && before !== undefined) before.stale = true;
    if (operation === 'Deleted' || active === 'unclear') return;
    if (before === undefined && states.size >= statesMax) return;
    const until = operation === undefined && active ? at + happeningMs : Number.POSITIVE_INFINITY;
    states.set(key, { topic, source, active, at: before?.active === active ? before.at : at, stale: false, until });
  };

  return {
    heard(events, at) {
      for (const event of events) {
        if (tamperKind(event.topic) !== undefined) note(tamper, event, at);
        else if (isInput(event.topic)) note(inputs, event, at);
      }
    },
    outdate() {
      for (const state of [...tamper.values(), ...inputs.values()]) state.stale = true;
    },
    now(at) {
      const told = (states: Map<string, State>) =>
        [...states.values()].filter(({ until }) => at < until).map((state) => ({ ...state, at: new Date(state.at).toISOString() }));
      return {
        tamper: told(tamper).flatMap(({ topic, source, active, at: since, stale }) => {
          const kind = tamperKind(topic);
          return kind === undefined ? [] : [{ kind, topic, source, active, at: since, stale }];
        }),
        inputs: told(inputs).map(({ source, active, at: since, stale }) => ({ token: source, active, at: since, stale })),
      };
    },
  };
}
