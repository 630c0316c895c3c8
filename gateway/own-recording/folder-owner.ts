// Whose a recording folder is: two gateways that share one would take each other's unfinished files for left behind, and count the room twice.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DeviceError } from '../onvif/device-error.ts';
import { isAlive } from '../probes/is-alive.ts';

export interface FolderOwner {
  /** Takes the folder, or keeps it: to be called again within a minute. Throws DeviceError `busy` while another gateway has it. */
  hold(): Promise<void>;
  /** Never rejects. */
  release(): Promise<void>;
}

const name = '.mingzao-in-use';
/** Of a gateway on another machine nothing else can be known than when it last said that it lives. */
const silentAfterMs = 180_000;

export function createFolderOwner(folder: string): FolderOwner {
  const file = join(folder, name);
  const ours = { gateway: randomUUID(), host: hostname(), boot: bootId(), pid: process.pid };

  type Owner = typeof ours;

  const read = async (): Promise<Owner | undefined> => {
    try {
      return { ...ours, ...JSON.parse(await readFile(file, 'utf8')) };
    } catch {
      return undefined; // nobody has it, or nobody can make out who
    }
  };
  const lives = async ({ host, boot, pid }: Owner): Promise<boolean> => {
    // In a container every life of the gateway has the same number: what had ours is gone.
    if (host === ours.host) return boot === ours.boot && pid !== ours.pid && isAlive(pid);
    return Date.now() - (await stat(file)).mtimeMs < silentAfterMs;
  };

  return {
    async hold() {
      const owner = await read();
      // No more than a touch: a full disk takes nothing else.
      if (owner?.gateway === ours.gateway) return utimes(file, new Date(), new Date());
      if (owner !== undefined && (await lives(owner)))
        throw new DeviceError(
          'busy',
          `${folder} is recorded to by another gateway (process ${owner.pid} on ${owner.host}); each needs a folder of its own`,
        );
      await writeFile(file, `${JSON.stringify(ours)}\n`).catch(unlessFull);
    },
    async release() {
      if ((await read())?.gateway === ours.gateway) await rm(file, { force: true }).catch(() => undefined);
    },
  };
}

/** A full disk is made room on by whoever holds the folder: the next time there is room for this too. */
function unlessFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}

/** Another one means that everything that ran has ended. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return ''; // not a Linux
  }
}
