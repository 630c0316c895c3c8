// What a recorder is looked at for.
import type { Settings } from '../config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { probeFootage } from '../probes/footage.ts';
import { createPlaybackProbe } from '../probes/playback.ts';
import { probeStorage } from '../probes/storage.ts';
import type { DeviceLook } from './device-look.ts';

/** Closer looks; a new one is one line. */
export function recorderLooks(
  id: string,
  { intervals, retentionDaysAsked: daysAsked }: Settings,
  { ledger }: { ledger: Pick<Ledger, 'read' | 'played'> },
): DeviceLook[] {
  const probePlayback = createPlaybackProbe();
  const footage: DeviceLook['probe'] = (device, options) =>
    probeFootage(device, { ...options, daysAsked, read: (session, question) => ledger.read(id, session, question) });
  const playback: DeviceLook['probe'] = async (device, options) => {
    const observation = await probePlayback(device, { ...options, daysAsked });
    ledger.played(observation);
    return observation;
  };
  return [
    // As often as footage: a forecast needs both.
    { kind: 'storage', everySeconds: intervals.footage, deadlineMs: 30_000, probe: probeStorage },
    { kind: 'footage', everySeconds: intervals.footage, deadlineMs: 300_000, probe: footage },
    { kind: 'playback', everySeconds: intervals.playback, deadlineMs: 600_000, probe: playback },
  ];
}
