// A canteen of a simulated district: what is registered at its gateway, and what its simulated devices are.
import type { CameraPlace, Zone } from '#contract/layout.ts';
import type { Plan } from '#contract/plan.ts';
import type { CanteenDescription } from '../../test/simulators/canteen.ts';
import type { ClipName } from '../../test/simulators/media.ts';

export interface DistrictCanteen {
  id: string;
  name: string;
  district: string;
  zones: Zone[];
  cameras: (Pick<CameraPlace, 'id' | 'name'> & { zone: string; clip?: ClipName })[];
  recorder: { id: string; name: string; days: number };
  plan?: Plan;
}

/** Of the simulated devices only; there is nothing behind it to protect. */
export const deviceAccount = { username: 'mingzao', password: 'simulated-only' };

/** What the simulators run for it, all on this machine and at free ports. */
export function simulatedDevices({ id, cameras, recorder }: DistrictCanteen): CanteenDescription {
  return {
    host: '127.0.0.1',
    controlPort: 0,
    devices: [
      ...cameras.map(({ id: camera, clip }) => ({
        kind: 'camera' as const,
        id: camera,
        serial: `SIM-${id}-${camera}`,
        ...(clip === undefined ? {} : { clip }),
        ...deviceAccount,
      })),
      {
        kind: 'recorder',
        id: recorder.id,
        serial: `SIM-${id}-${recorder.id}`,
        channels: cameras.map((camera) => ({ name: camera.id, days: recorder.days })),
        ...deviceAccount,
      },
    ],
  };
}
