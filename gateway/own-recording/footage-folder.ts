// The folder the gateway's own footage lies in: what is being written, what is kept, and what could not be read.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DeviceError } from '../onvif/device-error.ts';
import { fileOf, type KeptSegment, type Segment, segmentIn } from './segment.ts';

export interface DiskSpace {
  capacityBytes: number;
  freeBytes: number;
}

export interface FootageFolder {
  /** Where unfinished files lie. */
  unfinished: string;
  /** What this folder is known by; undefined where it is none of ours yet, or its disk is not there. */
  id(): Promise<string | undefined>;
  /** Makes it one of ours. */
  found(): Promise<string>;
  /** On the disk for good, under the name that says what it is, when it resolves. */
  keep(unfinishedFile: string, segment: Segment): Promise<KeptSegment>;
  remove(file: string): Promise<void>;
  /** Puts a file that cannot be read where nothing looks for footage. */
  setAside(unfinishedFile: string): Promise<void>;
  /** Removes what was set aside before that time. */
  forgetAside(before: number): Promise<void>;
  unfinishedFiles(): Promise<string[]>;
  kept(): AsyncGenerator<KeptSegment>;
  /** Where a kept file lies. */
  path(file: string): string;
  space(): Promise<DiskSpace>;
}

const markName = '.mingzao-recording';
const unfinishedName = 'unfinished';
const asideName = 'unreadable';
/** People are to be seen in what lies there. */
const ownersOnly = { recursive: true, mode: 0o700 };

export function createFootageFolder(folder: string): FootageFolder {
  const mark = join(folder, markName);
  const unfinished = join(folder, unfinishedName);
  const aside = join(folder, asideName);
  const path = (file: string) => join(folder, file);

  return {
    unfinished,
    path,
    id: async () => (await readFile(mark, 'utf8').catch(() => undefined))?.trim(),
    async found() {
      const id = randomUUID();
      for (const each of [unfinished, aside]) await mkdir(each, ownersOnly);
      await writeFile(mark, `${id}\n`, { flush: true });
      return id;
    },
    async keep(unfinishedFile, segment) {
      const file = fileOf(segment);
      await mkdir(dirname(path(file)), ownersOnly);
      await settle(unfinishedFile);
      const { size } = await stat(unfinishedFile);
      await rename(unfinishedFile, path(file));
      await settle(dirname(path(file)));
      return { ...segment, file, bytes: size };
    },
    remove: (file) => rm(path(file), { force: true }),
    setAside: async (file) => rename(file, join(aside, file.slice(unfinished.length + 1))),
    async forgetAside(before) {
      for (const name of await namesIn(aside)) {
        const file = join(aside, name);
        if ((await stat(file)).mtimeMs < before) await rm(file, { force: true });
      }
    },
    unfinishedFiles: async () => (await namesIn(unfinished)).map((name) => join(unfinished, name)),
    async *kept() {
      for (const camera of (await namesIn(folder)).filter((name) => ![markName, unfinishedName, asideName].includes(name)))
        for (const day of await namesIn(path(camera)))
          for (const name of await namesIn(path(join(camera, day)))) {
            const file = `${camera}/${day}/${name}`;
            const segment = segmentIn(file);
            if (segment !== undefined) yield { ...segment, file, bytes: (await stat(path(file))).size };
          }
    },
    async space() {
      const { bsize, blocks, bavail } = await statfs(folder).catch((cause: unknown) => {
        throw new DeviceError('no-answer', 'the disk of the recording does not answer', { cause });
      });
      return { capacityBytes: bsize * blocks, freeBytes: bsize * bavail };
    },
  };
}

/** None where it is no folder. Rejects where the disk does not tell: that is not the same as nothing being there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return [];
    throw thrown;
  }
}

/** Waits until the disk has it. */
async function settle(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
