// One thing a kind of device is looked at for, and how that becomes a plan of the supervisor for one device.
import type { Observation } from '../observation.ts';
import type { Device, ProbeOptions } from '../probes/device.ts';
import { unobserved } from '../supervise/unobserved.ts';
import type { Plan } from '../supervise.ts';
import type { Connection } from './connection.ts';

export interface DeviceLook {
  kind: Plan['kind'];
  everySeconds: number;
  deadlineMs: number;
  confirmsItself?: true;
  probe(device: Device, options: ProbeOptions): Promise<Observation>;
}

export function planOf(
  look: DeviceLook,
  { connection, keepPicture }: { connection: Connection; keepPicture: (jpeg: Buffer) => Promise<string> },
): Plan {
  const { kind, everySeconds, deadlineMs, confirmsItself, probe } = look;
  return {
    kind,
    everyMs: everySeconds * 1000,
    deadlineMs,
    ...(confirmsItself === undefined ? {} : { confirmsItself }),
    probe: (options) => probe(connection.device(), { ...options, keepPicture }),
  };
}

/** The pictures and footage of another device would be told under this one's name: such a look first asks who answers. */
export function ofItself(look: DeviceLook, connection: Connection): DeviceLook {
  return {
    ...look,
    async probe(_, options) {
      const itself = await connection.whoAnswers(options);
      const device = connection.device();
      if (itself.ok) return look.probe(device, options);
      const { fault, detail } = itself;
      return unobserved(look.kind, { device: device.id, address: device.session.address, at: options.now(), fault, detail });
    },
  };
}
