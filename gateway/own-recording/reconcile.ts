// Brings index and folder together at start, so that what is listed really is on the disk, and what is on the disk is listed.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Log } from '../log.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { probeFile } from '../probes/ffmpeg.ts';
import { endProcessesIn } from '../probes/scratch-folder.ts';
import type { FootageFolder } from './footage-folder.ts';
import type { FootageIndex } from './footage-index.ts';
import type { KeptSegment } from './segment.ts';
import { stampEntries, stampsOf } from './stamps.ts';

const batch = 1000;

export interface ReconcileDeps {
  folder: FootageFolder;
  index: FootageIndex;
  log: Log;
  /** How long a file may be at most. */
  longestMs: number;
  signal: AbortSignal;
}

/** What a gateway that was killed, or whose power went, left unfinished is kept as far as it can be read. */
export async function reconcile(deps: ReconcileDeps): Promise<void> {
  await endProcessesIn([deps.folder.unfinished]);
  const rescued = await rescueUnfinished(deps, deps.folder.unfinished);
  const { added, missing } = await compare(deps);
  if (rescued + added + missing > 0)
    deps.log.info({ rescued, added, missing }, 'the index of the own recording was brought in line with its folder');
}

/** A file is only named as footage when it is whole and on the disk: such names are believed, and looking into each would take hours. */
async function compare({ folder, index, signal }: ReconcileDeps): Promise<{ added: number; missing: number }> {
  const listed = index.files();
  let found: KeptSegment[] = [];
  let added = 0;
  const store = () => {
    index.add(found);
    added += found.length;
    found = [];
  };
  for await (const segment of folder.kept()) {
    if (signal.aborted) return { added, missing: 0 };
    if (!listed.delete(segment.file) && segment.bytes > 0) found.push(segment);
    if (found.length >= batch) store();
  }
  store();
  index.remove([...listed]);
  return { added, missing: listed.size };
}

/** Keeps what nobody writes to any more and can be read; of the files whose path begins so. */
export async function rescueUnfinished({ folder, index, log, longestMs, signal }: ReconcileDeps, prefix: string): Promise<number> {
  let rescued = 0;
  for (const file of (await folder.unfinishedFiles()).filter((each) => each.startsWith(prefix))) {
    try {
      index.add([await folder.keep(file, { camera: cameraOf(file), ...(await spanOf(file, { longestMs, signal })) })]);
      rescued += 1;
    } catch (err) {
      if (!(err instanceof DeviceError)) throw err;
      if (err.fault !== 'does-not-decode') continue; // it may be readable another time
      log.warn({ file, detail: err.detail }, 'an unfinished file of the own recording cannot be read and was set aside');
      await folder.setAside(file);
    }
  }
  return rescued;
}

/** It ended when it was last written to, by the clock on the wall; how long it is stands in it. */
async function spanOf(
  file: string,
  { longestMs, signal }: Pick<ReconcileDeps, 'longestMs' | 'signal'>,
): Promise<{ from: number; to: number }> {
  const limits = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
  const { first, last } = stampsOf(await probeFile(file, stampEntries, { signal: limits }));
  const to = Math.round((await stat(file)).mtimeMs);
  const from = Math.round(to - (last - first) * 1000);
  if (to <= from) throw new DeviceError('does-not-decode', 'the file holds a single picture');
  if (to - from > longestMs)
    throw new DeviceError('does-not-decode', 'the clock was set while the file was written, so that nobody knows of when it is');
  return { from, to };
}

/** Unfinished files are called `camera.life.number`. */
function cameraOf(file: string): string {
  return basename(file).split('.')[0] ?? '';
}
