// What a recorder is looked at for.
import type { FootageMeasured } from '#contract/footage.ts';
import type { Settings } from '../config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { timeZoneOf } from '../pictures/opening-hours.ts';
import { type FootageOptions, probeFootage } from '../probes/footage.ts';
import { createPlaybackProbe } from '../probes/playback.ts';
import { probeStorage } from '../probes/storage.ts';
import type { DeviceLook } from './device-look.ts';

/** Closer looks; a new one is one line. */
export function recorderLooks(
  id: string,
  { intervals, openingHours, retentionDaysAsked: daysAsked }: Settings,
  { ledger }: { ledger: Pick<Ledger, 'read' | 'played'> },
): DeviceLook[] {
  const probePlayback = createPlaybackProbe({ timeZone: timeZoneOf(openingHours) });
  let listed: FootageMeasured | undefined;
  const read: FootageOptions['read'] = async (session, question) => {
    listed = await ledger.read(id, session, question);
    return listed;
  };
  const footage: DeviceLook['probe'] = (device, options) => probeFootage(device, { ...options, daysAsked, read });
  const playback: DeviceLook['probe'] = async (device, options) => {
    // A maker's list costs hundreds of questions: the last one will do.
    const lastRead: FootageOptions['read'] = async (session, question) => listed ?? read(session, question);
    const observation = await probePlayback(device, { ...options, daysAsked, read: lastRead });
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
