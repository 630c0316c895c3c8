// The observation that could not be made: it goes to the same checks as any other, and they say what that means.
import type { FaultCode } from '#contract/fault-code.ts';
import type { Observation } from '../observation.ts';

/** `at`: milliseconds since 1970. `address`: host:port of the device. */
export function unobserved(
  kind: Observation['kind'],
  about: { device: string; at: number; address: string; fault: FaultCode; detail: string },
): Observation {
  const observed = { device: about.device, at: new Date(about.at).toISOString() };
  const missing = { ok: false as const, fault: about.fault, detail: about.detail };
  switch (kind) {
    case 'contact':
      return { ...observed, kind, address: about.address, contact: missing, clock: missing };
    case 'identity':
      return { ...observed, kind, identity: missing };
    case 'account':
      return { ...observed, kind, account: missing };
    case 'stream':
      return { ...observed, kind, stream: missing };
    case 'picture':
      return { ...observed, kind, picture: missing };
    case 'footage':
      return { ...observed, kind, footage: missing };
    case 'storage':
      return { ...observed, kind, storage: missing };
    case 'playback':
      return { ...observed, kind, playback: missing };
    case 'events':
      return { ...observed, kind, listening: missing, tamper: [], inputs: [] };
  }
}
