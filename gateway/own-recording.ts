// The gateway as its own recorder, for a canteen that has none: records the cameras to a disk, and is looked at like any recorder.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Sleep } from './clock.ts';
import type { RecordingConfig } from './config.ts';
import { type Journal, restartMs } from './ledger/journal.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Log } from './log.ts';
import { asDeviceError, DeviceError } from './onvif/device-error.ts';
import { createClockWatch } from './own-recording/clock-watch.ts';
import { createFolderOwner } from './own-recording/folder-owner.ts';
import { createFootageFolder, type DiskSpace } from './own-recording/footage-folder.ts';
import { openFootageIndex } from './own-recording/footage-index.ts';
import { keepRecording } from './own-recording/keep-recording.ts';
import { watchedRecording } from './own-recording/looks.ts';
import { reconcile, rescueUnfinished } from './own-recording/reconcile.ts';
import { keyframeWaitSeconds } from './own-recording/record-stream.ts';
import { createDisk } from './own-recording/watch-disk.ts';
import type { StreamSource } from './probes/stream-source.ts';
import type { Watched } from './supervise.ts';

export interface OwnRecording {
  /** For the supervisor: the recording seen as a recorder. */
  watched: Watched;
  /** Records until `signal` fires; resolves when the last files are finished. */
  run(signal: AbortSignal): Promise<void>;
}

export interface OwnRecordingDeps {
  settings: RecordingConfig;
  dataDir: string;
  daysAsked: number;
  /** Seconds between looks. */
  intervals: { contact: number; footage: number; playback: number };
  /** Where the stream of a camera is now. Throws DeviceError. */
  streamOf(camera: string, signal: AbortSignal): Promise<StreamSource>;
  /** Keeps a picture as evidence and gives its SHA-256. */
  keepPicture(jpeg: Buffer): Promise<string>;
  /** The same that recorders are kept in. */
  ledger: Pick<Ledger, 'take' | 'played'>;
  /** Is told when the recording stands still: holes in it have their causes from there. */
  journal: Pick<Journal, 'enter' | 'close'>;
  /** How much room there is; the disk is asked unless told. */
  space?: () => Promise<DiskSpace>;
  now: () => number;
  sleep: Sleep;
  log: Log;
}

const bytesPerGigabyte = 1_000_000_000;
const tidyEveryMs = 30_000;
const absentMs = 5000;
const rescueMs = 5000;

/** Throws GatewayError `store-unusable` where its index cannot be used. */
export function createOwnRecording(deps: OwnRecordingDeps): OwnRecording {
  const { settings, journal, now, sleep, log } = deps;
  const { id: device, cameras, minDays, maxDays, segmentSeconds } = settings;
  const longestMs = (segmentSeconds + keyframeWaitSeconds) * 1000;
  const indexFile = join(deps.dataDir, 'own-recording.db');
  const index = openFootageIndex(indexFile, { log });
  const folder = createFootageFolder(settings.folder);
  const owner = createFolderOwner(settings.folder);
  const space = deps.space ?? folder.space;
  const clock = createClockWatch({ now, elapsed: () => performance.now(), sleep, lastSeen: index.newest()?.to });
  const keeping = { minDays, maxDays, keepFreeBytes: settings.keepFreeGigabytes * bytesPerGigabyte };
  const disk = createDisk({ folder, index, cameras, keeping, space, clockTrusted: clock.trusted, now, log });
  let ready = false;
  let mayRecord = false;
  let interruption = new AbortController();

  /** A disk that is not mounted leaves an empty folder behind, which must not be taken for ours, nor filled. */
  const present = async () => {
    const [id, known] = [await folder.id(), index.folderId()];
    if (id !== undefined && (known ?? id) === id) await owner.hold();
    if (id !== undefined && id === known) return;
    throw new DeviceError(
      'no-answer',
      `${settings.folder} is not the folder footage was recorded in; is its disk mounted? To begin anew there, remove ${indexFile}`,
    );
  };
  const interrupt = () => {
    interruption.abort();
    interruption = new AbortController();
  };

  const makeReady = async (signal: AbortSignal) => {
    const known = index.folderId();
    const id = (await folder.id()) ?? (known === undefined ? await folder.found() : undefined);
    if (id === undefined) return;
    await owner.hold();
    if (id !== known) index.belongTo(id);
    await reconcile({ folder, index, log, longestMs, signal });
    ready = !signal.aborted;
  };

  /** Recording stops where the disk is gone or full, and goes on when it is not. */
  const keepHouse = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const could = mayRecord;
      mayRecord = await roomToRecord(signal);
      if (could && !mayRecord) interrupt();
      await sleep(mayRecord ? Math.min(tidyEveryMs, segmentSeconds * 1000) : absentMs, signal);
    }
  };

  let obstacle: string | undefined;
  const roomToRecord = async (signal: AbortSignal): Promise<boolean> => {
    try {
      index.alive(now());
      if (!ready) await makeReady(signal);
      await present();
      if (await disk.tidy()) return noteObstacle(undefined);
      throw new DeviceError('disk-fault', 'the disk is full');
    } catch (thrown) {
      return noteObstacle(asDeviceError(thrown).detail);
    }
  };
  const noteObstacle = (detail: string | undefined): boolean => {
    if (detail !== obstacle && detail !== undefined) log.error({ recorder: settings.id, detail }, 'the own recording stands still');
    if (detail !== obstacle && detail === undefined) log.info({ recorder: settings.id }, 'the own recording goes on');
    obstacle = detail;
    if (detail === undefined) journal.close(device, 'disk', now());
    else journal.enter({ device, cause: 'disk', from: now() });
    return detail === undefined;
  };

  /** Only we know that nothing was recorded because we were not running. */
  const enterAbsence = () => {
    const [from, to] = [index.lastAlive() ?? now(), now()];
    if (to > from) journal.enter({ device, cause: to - from <= restartMs ? 'recorder-restart' : 'recorder-offline', from, to });
  };

  return {
    watched: watchedRecording(
      {
        ...settings,
        daysAsked: deps.daysAsked,
        everyMs: {
          contact: deps.intervals.contact * 1000,
          // Our own index is asked for nothing: as often as there is something new.
          footage: Math.min(deps.intervals.footage, Math.max(segmentSeconds, 60)) * 1000,
          playback: deps.intervals.playback * 1000,
        },
      },
      { folder, index, disk, present, keepPicture: deps.keepPicture, ledger: deps.ledger, ready: () => ready },
    ),
    async run(signal) {
      enterAbsence();
      try {
        await Promise.all([
          keepHouse(signal),
          clock.run(signal, (byMs) => {
            // Put forward it leaves a hole as long as the leap.
            const at = now();
            journal.enter({ device, cause: 'clock-jump', from: Math.min(at, at - byMs), to: Math.max(at, at - byMs) });
            log.warn({ bySeconds: Math.round(byMs / 1000) }, 'the clock was set; the own recording begins new files');
            interrupt();
          }),
          ...cameras.map((camera) =>
            keepRecording({
              camera,
              prefix: () => join(folder.unfinished, `${camera}.${randomUUID().slice(0, 8)}.`),
              segmentSeconds,
              leftOver: (prefix) => rescueUnfinished({ folder, index, log, longestMs, signal: AbortSignal.timeout(rescueMs) }, prefix),
              streamOf: (limits) => deps.streamOf(camera, limits),
              life: () => (mayRecord ? AbortSignal.any([signal, interruption.signal]) : undefined),
              async finished({ file, from, to }) {
                if (to > from) index.add([await folder.keep(file, { camera, from, to })]);
                else await folder.setAside(file);
              },
              sleep,
              log,
              signal,
            }),
          ),
        ]);
      } finally {
        await owner.release();
        index.close();
      }
    },
  };
}
