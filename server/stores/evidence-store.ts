// Keeps pictures as files, each named by the SHA-256 of its bytes, so that a fact that names it cannot be shown another one.
import { createHash, randomUUID } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface PictureName {
  canteen: string;
  sha256: string;
}

export interface EvidenceStore {
  /** On the disk when it resolves; `made-room`: the canteen's oldest pictures were forgotten for it. The bytes must be what the name says. */
  put(name: PictureName, bytes: Buffer): Promise<'stored' | 'made-room'>;
  /** Undefined where there is none, or what is there is no longer what was stored. */
  find(name: PictureName): Promise<Buffer | undefined>;
  /** Forgets what one canteen stored before the instant, milliseconds since 1970; the next call, another's. False: it has been round. */
  prune(before: number): Promise<boolean>;
}

/** Making room frees this share of it beyond what is needed, so that not every picture looks through all of them. */
const freedShare = 1 / 100;

/**
 * Below `folder` each canteen has one folder, and may fill `bytesMax`. What is written may be read and changed by whom `folder` itself may be, and
 * by nobody beside its user and group: servers of different users share it as a group. Throws what the file system throws. */
export async function openEvidenceStore({ folder, bytesMax }: { folder: string; bytesMax: number }): Promise<EvidenceStore> {
  await mkdir(folder, { recursive: true });
  const { mode } = await stat(folder);
  const used = new Map<string, number>();
  for (const file of await readdir(folder, { recursive: true })) await takeStock(file);
  let round: string[] = [];

  return {
    async put({ canteen, sha256 }, bytes) {
      const file = fileOf({ canteen, sha256 });
      if ((await sizeOf(file)) !== undefined) return 'stored';
      const isFull = usedBy(canteen) + bytes.length > bytesMax;
      // Its room is taken before it is written: others are stored and forgotten meanwhile.
      used.set(canteen, usedBy(canteen) + bytes.length);
      try {
        if (isFull) await makeRoom(canteen);
        await writeWhole(file, bytes, mode);
      } catch (error) {
        used.set(canteen, usedBy(canteen) - bytes.length);
        throw error;
      }
      return isFull ? 'made-room' : 'stored';
    },
    async find(name) {
      const bytes = await readFile(fileOf(name)).catch(noSuchFile);
      return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === name.sha256 ? bytes : undefined;
    },
    async prune(before) {
      if (round.length === 0) round = await readdir(folder);
      const canteen = round.pop();
      if (canteen !== undefined) await pruneCanteen(canteen, before);
      return round.length > 0;
    },
  };

  function usedBy(canteen: string): number {
    return used.get(canteen) ?? 0;
  }

  function fileOf({ canteen, sha256 }: PictureName): string {
    return join(folder, canteen, sha256.slice(0, 2), `${sha256}.jpg`);
  }

  /** What a killed server left half-written is nobody's; what is young another server may be writing just now. */
  async function takeStock(file: string): Promise<void> {
    const path = join(folder, file);
    if (file.endsWith(unfinished)) {
      const found = await stat(path).catch(noSuchFile);
      if (found !== undefined && Date.now() - found.mtimeMs > abandonedAfterMs) await rm(path, { force: true });
      return;
    }
    const [canteen] = file.split('/');
    if (canteen !== undefined && file.endsWith('.jpg')) used.set(canteen, usedBy(canteen) + ((await sizeOf(path)) ?? 0));
  }

  async function pruneCanteen(canteen: string, before: number): Promise<void> {
    for (const kept of await recount(canteen)) if (kept.storedAt < before) await forget(canteen, kept);
  }

  /** Another server may keep pictures in the same folder: what it stored or forgot is only to be seen there. */
  async function recount(canteen: string): Promise<KeptPicture[]> {
    const before = usedBy(canteen);
    const pictures = await Array.fromAsync(picturesOf(canteen));
    // What was stored here while they were counted is not among them.
    const meanwhile = usedBy(canteen) - before;
    used.set(canteen, pictures.reduce((sum, { size }) => sum + size, 0) + meanwhile);
    return pictures;
  }

  async function makeRoom(canteen: string): Promise<void> {
    const pictures = await Array.fromAsync(picturesOf(canteen));
    for (const kept of pictures.toSorted((a, b) => a.storedAt - b.storedAt)) {
      if (usedBy(canteen) <= bytesMax * (1 - freedShare)) return;
      await forget(canteen, kept);
    }
  }

  async function* picturesOf(canteen: string): AsyncGenerator<KeptPicture> {
    for (const file of (await readdir(join(folder, canteen), { recursive: true }).catch(noSuchFile)) ?? []) {
      if (!file.endsWith('.jpg')) continue;
      const path = join(folder, canteen, file);
      const found = await stat(path).catch(noSuchFile);
      if (found !== undefined) yield { path, size: found.size, storedAt: found.mtimeMs };
    }
  }

  /** Its room is given back once, however many want it gone at the same time. */
  async function forget(canteen: string, { path, size }: KeptPicture): Promise<void> {
    const isGone = await rm(path).then(() => true, noSuchFile);
    if (isGone) used.set(canteen, usedBy(canteen) - size);
  }
}

interface KeptPicture {
  path: string;
  size: number;
  /** Milliseconds since 1970. */
  storedAt: number;
}

const unfinished = '.part';
const abandonedAfterMs = 3_600_000;

/** All of it under its name or nothing, also when the power goes: the bytes are on the disk before they get the name, and the name before this resolves. */
async function writeWhole(file: string, bytes: Buffer, folderMode: number): Promise<void> {
  const part = `${file}.${randomUUID()}${unfinished}`;
  const made = await mkdir(dirname(file), { recursive: true });
  for (let folder = dirname(file); made !== undefined && folder.startsWith(made); folder = dirname(folder))
    await chmod(folder, folderMode & 0o2770);
  try {
    await using(await open(part, 'wx', 0o600), async (handle) => {
      await handle.chmod(folderMode & 0o640);
      await handle.writeFile(bytes);
      await handle.sync();
    });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  for (const folder of [dirname(file), dirname(dirname(file))]) await using(await open(folder, 'r'), (handle) => handle.sync());
}

async function using(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(noSuchFile))?.size;
}

function noSuchFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
