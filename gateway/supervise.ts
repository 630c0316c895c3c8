// Keeps looking at every device of the canteen, and bounds how much of that happens at once.
import type { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Heartbeat } from '#contract/gateway-health.ts';
import type { Sleep } from './clock.ts';
import type { Log } from './log.ts';
import type { Observation } from './observation.ts';
import { createLook, type OnLook } from './supervise/look.ts';
import { createPresent } from './supervise/present.ts';
import { createTurns, type Turns } from './supervise/turns.ts';
import { createWatch } from './supervise/watch.ts';

/** One way of looking at one device. A fact from it may be believed for three intervals and one deadline, and for three minutes at least. */
export interface Plan {
  kind: Observation['kind'];
  everyMs: number;
  deadlineMs: number;
  /** It calls nothing a fault that it has seen but once: no second look is needed. */
  confirmsItself?: boolean;
  probe(options: { signal: AbortSignal; now: () => number }): Promise<Observation>;
}

/** What a device tells by itself, for as long as it goes on telling. Takes a connection of its own, so that no look has to wait for it. */
export interface Listening {
  kind: 'events';
  /** How long a fact from it may be believed: every answer of the device confirms it, so this only bounds how often it is told. */
  validForMs: number;
  /** Calls `tell` with whatever is heard. Resolves, when `signal` fires or the device lets go, to what is to be said from then on. Never rejects. */
  run(options: { signal: AbortSignal; now: () => number; sleep: Sleep; tell(observation: Observation): void }): Promise<Observation>;
}

/** One device. `contact` needs no password and decides whether the other plans are worth a try. */
export interface Watched {
  id: string;
  /** host:port, for the record. */
  address(): string;
  contact: Plan;
  others: Plan[];
  listening?: Listening;
  /** Why no password is to be tried from the start: it was refused before the gateway was started. */
  refusal?(): Refusal | undefined;
  /** Remembers, beyond this run of the gateway, that the password was refused. */
  giveUpPassword?(refusal: Refusal): void;
  /** Forgets whatever is known of the password: somebody asks, so it is tried once more. */
  retryPassword(): void;
}

export interface Refusal {
  fault: FaultCode;
  detail: string;
}

export interface Supervisor {
  /** Looks until `signal` fires; resolves when every probe has ended. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks again at once at one device or all, also where a refused password had ended all attempts. False: no such device. */
  probeNow(device?: string): boolean;
  /** The newest fact of every check. */
  present(): Fact[];
  /** One line per device, for the heartbeat. */
  health(): Heartbeat['devices'];
}

export interface SuperviseDeps {
  devices: Watched[];
  /** Must have stored the facts when it returns; where it throws, they are offered again at the next look. */
  emit(facts: Fact[]): void;
  onLook?: OnLook;
  now: () => number;
  sleep: Sleep;
  /** From 0 to 1: spreads the looks, so that devices are not all asked in one instant. */
  random: () => number;
  log: Log;
}

/**
 * Closer looks at once, of each kind: each may run an ffmpeg, and a recorder that takes minutes may hold up other recorders but no camera.
 * Contact waits for nobody: it is one small request, and how soon a loss is noticed is a promise.
 */
const closerLooksAtOnce = 8;

export function createSupervisor(deps: SuperviseDeps): Supervisor {
  const present = createPresent(deps);
  const turns = new Map<Plan['kind'], Turns>();
  const turnsFor = ({ kind }: Plan) => {
    const known = turns.get(kind) ?? createTurns(closerLooksAtOnce);
    turns.set(kind, known);
    return known;
  };
  const watches = deps.devices.map((device) => {
    const look = createLook(device, { ...deps, present, turnsFor });
    return createWatch(device, { ...deps, present, look });
  });

  return {
    run: async (signal) => {
      await Promise.all(watches.map((watch) => watch.run(signal)));
    },
    probeNow(device) {
      const meant = watches.filter(({ id }) => device === undefined || id === device);
      for (const watch of meant) watch.probeNow();
      return meant.length > 0;
    },
    present: present.all,
    health: () => watches.map((watch) => watch.health()),
  };
}
