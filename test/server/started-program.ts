// Starts the real databases and brokers of the tests, each in a folder of its own, and ends them by their process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StartedProgram {
  pid: number;
  /** What it has said so far. */
  said(): string;
  /** Resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Identity {
  uid?: number;
  gid?: number;
}

export function start(program: string, args: string[], as: Identity = {}): StartedProgram {
  const child: ChildProcess = spawn(program, args, { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += chunk;
    });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    said: () => said,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** Whom a program runs as that refuses to be root: itself, where the tests are not. */
export function unprivileged(user: string): Identity {
  if (process.getuid?.() !== 0) return {};
  const ask = (flag: string) => Number(execFileSync('id', [flag, user]));
  return { uid: ask('-u'), gid: ask('-g') };
}

export function programFolder({ uid, gid }: Identity = {}): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mingzao-'));
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
