// The server as a program of its own, with settings of its own, for the tests that start, stop and kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Gives the name of a settings file in a folder of its own; `about` replaces top-level keys. */
export function writeConfig(about: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'keys'));
  writeFileSync(join(folder, 'keys/qiaodong'), 'key-of-qiaodong\n');
  const config = {
    ...{ listen: { port: 0 }, mqtt: { listen: { port: 0 } }, standard: join(root, 'config/standards/taiyuan-community-2022.yaml') },
    canteens: [{ id: 'qiaodong', name: '桥东', district: '迎泽区', gatewayKeyFile: 'keys/qiaodong' }],
    ...about,
  };
  const file = join(folder, 'server.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

export function run(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'server/main.ts'), ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => ({ code, out, err }));
  const listening = async () => {
    await vi.waitFor(() => expect(out + err).toContain('"listening"'), 20_000);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return lines.find(({ msg }) => msg === 'listening') as { address: string; mqtt: string };
  };
  return { child, exited, listening };
}
