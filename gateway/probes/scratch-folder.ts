// A folder on disk for as long as one look needs it, and the end of what a killed gateway left behind in such folders.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

/** The number of the process stands in the name: several gateways may share one machine. */
const prefix = 'mingzao-sample-';
const inUse = new Set<string>();

/** The folder is gone when it resolves or rejects. */
export async function inScratchFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  inUse.add(folder);
  try {
    return await work(folder);
  } finally {
    inUse.delete(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Ends the processes that still write there too: an orphaned ffmpeg stays as long as its camera sends it a byte now and then.
 * Never rejects: what cannot be ended or removed stays.
 */
export async function sweepScratchFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const folders = names.filter(isLeftBehind).map((name) => join(tmpdir(), name));
  if (folders.length > 0) await endProcessesIn(folders);
  await Promise.allSettled(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

function isLeftBehind(name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  const owner = Number.parseInt(name.slice(prefix.length), 10);
  // In a container every life of the gateway has the same number.
  return owner === process.pid ? !inUse.has(join(tmpdir(), name)) : !isAlive(owner);
}

/** Ends the processes that were told to write into one of the folders. */
export async function endProcessesIn(folders: readonly string[]): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.some((arg) => folders.some((folder) => arg.startsWith(`${folder}/`)))) endIfOurs(Number(pid));
  }
}

function endIfOurs(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or belongs to somebody else.
  }
}
