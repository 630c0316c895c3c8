// What time a simulated device thinks it is.
import type { Faults } from '../faults.ts';
import { utcOffsetMinutes } from './xsd-values.ts';

export interface DeviceClock {
  /** POSIX, as the device announces it. */
  timeZone: string;
  utcOffsetMinutes: number;
  /** Milliseconds since 1970 that the device takes for UTC. */
  utc(): number;
}

export function createDeviceClock({ timeZone, now, faults }: { timeZone: string; now(): number; faults: Faults }): DeviceClock {
  const offset = utcOffsetMinutes(timeZone);
  const mistaken = () => (faults.has('time-zone') ? offset * 60_000 : 0);
  return { timeZone, utcOffsetMinutes: offset, utc: () => now() + faults.seconds('clock-ahead') * 1000 + mistaken() };
}
