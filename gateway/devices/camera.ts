// What a camera is looked at for, and what it is listened to for.
import type { Settings } from '../config.ts';
import type { PictureFiles } from '../picture-files.ts';
import { isOpenAt, timeZoneOf } from '../pictures/opening-hours.ts';
import { createListening } from '../probes/events.ts';
import { createPictureProbe } from '../probes/picture.ts';
import { createStreamProbe } from '../probes/stream.ts';
import type { Listening } from '../supervise.ts';
import type { Connection } from './connection.ts';
import type { DeviceLook } from './device-look.ts';

const whoAnswersMs = 10_000;
const eventsValidForMs = 900_000;

/** Closer looks; a new one is one line. */
export function cameraLooks(
  { intervals, openingHours, snapshotEverySeconds }: Settings,
  { files, keepPicture }: { files: PictureFiles; keepPicture: (jpeg: Buffer) => Promise<string> },
): DeviceLook[] {
  const isOpen = (at: number) => isOpenAt(openingHours, at);
  const probePicture = createPictureProbe({ files, isOpen, keepPicture, snapshotEverySeconds });
  const probeStream = createStreamProbe({ timeZone: timeZoneOf(openingHours) });
  return [
    { kind: 'stream', everySeconds: intervals.stream, deadlineMs: 40_000, probe: probeStream },
    { kind: 'picture', everySeconds: intervals.picture, deadlineMs: 40_000, confirmsItself: true, probe: probePicture },
  ];
}

export function cameraListening(id: string, { listener, whoAnswers }: Connection, now: () => number): Listening {
  const listen = createListening(id);
  return {
    kind: 'events',
    validForMs: eventsValidForMs,
    run: (options) =>
      listen(listener(), {
        ...options,
        whoAnswers: (signal) => whoAnswers({ now, signal: AbortSignal.any([signal, AbortSignal.timeout(whoAnswersMs)]) }),
      }),
  };
}
