// Looks what a recorder keeps of its cameras.
import type { FootageMeasured, Hole } from '#contract/footage.ts';
import type { FootageObservation } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { readFootage, type WholeQuestion } from '../recorders/index.ts';
import type { Device, ProbeOptions } from './device.ts';
import { seen } from './seen.ts';

const dayMs = 86_400_000;
const daysAskedDefault = 92;
const daysAskedMax = 398;

/** Never rejects. Asks for the last `daysAsked` days: 1 to 398, 92 if left out. */
export async function probeFootage(device: Device, options: FootageOptions): Promise<FootageObservation> {
  const { read = readFootage } = options;
  const footage = await seen(async () => fitting(kept(await read(device.session, footageQuestion(device, options)))));
  return { kind: 'footage', device: device.id, footage, at: new Date(options.now()).toISOString() };
}

export interface FootageOptions extends ProbeOptions {
  daysAsked?: number;
  /** How the recorder is asked: for all of it at once, if left out. */
  read?: (session: OnvifSession, question: WholeQuestion) => Promise<FootageMeasured>;
}

/** What to ask a recorder of its footage up to now. */
export function footageQuestion(
  { recordings, cameras }: Device,
  { signal, now, daysAsked = daysAskedDefault }: FootageOptions,
): WholeQuestion {
  const to = now();
  const window = { from: to - Math.min(Math.max(daysAsked, 1), daysAskedMax) * dayMs, to };
  return { window, signal, recordings, cameras };
}

function kept(measured: FootageMeasured): FootageMeasured {
  if (measured.recordings.length > 0) return measured;
  throw new DeviceError('no-recordings', 'the recorder answers that it has no recordings');
}

/** A fact holds no more than this of each recording; how many there are is told all the same. */
const gapsMax = 200;

/** With the longest holes only, in order of time. */
export function fitting(measured: FootageMeasured): FootageMeasured {
  const length = ({ from, to }: Hole) => Date.parse(to) - Date.parse(from);
  const recordings = measured.recordings.map((recording) => {
    const { gaps } = recording;
    if (gaps.length <= gapsMax) return recording;
    const longest = new Set(gaps.toSorted((a, b) => length(b) - length(a)).slice(0, gapsMax));
    return { ...recording, gaps: gaps.filter((gap) => longest.has(gap)) };
  });
  return { ...measured, recordings };
}
