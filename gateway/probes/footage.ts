// Looks what a recorder keeps of its cameras.
import type { FootageMeasured } from '#contract/footage.ts';
import type { FootageObservation } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { FootageQuestion } from '../recorders/footage-source.ts';
import { readFootage } from '../recorders/index.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

const dayMs = 86_400_000;
const daysAskedDefault = 92;
const daysAskedMax = 398;

/** Never rejects. Asks for the last `daysAsked` days: 1 to 398, 92 if left out. */
export async function probeFootage(device: Device, options: FootageOptions): Promise<FootageObservation> {
  const footage = await seen(async () => kept(await readFootage(device.session, footageQuestion(device, options))));
  return { kind: 'footage', device: device.id, footage, at: new Date(options.now()).toISOString() };
}

export interface FootageOptions extends ProbeOptions {
  daysAsked?: number;
}

/** What to ask a recorder of its footage up to now. */
export function footageQuestion(
  { recordings, cameras }: Device,
  { signal, now, daysAsked = daysAskedDefault }: FootageOptions,
): FootageQuestion {
  const to = now();
  return { from: to - Math.min(Math.max(daysAsked, 1), daysAskedMax) * dayMs, to, signal, recordings, cameras };
}

function kept(measured: FootageMeasured): FootageMeasured {
  if (measured.recordings.length > 0) return measured;
  throw new DeviceError('no-recordings', 'the recorder answers that it has no recordings');
}
