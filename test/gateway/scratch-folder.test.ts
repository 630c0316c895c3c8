// What a look keeps on disk meanwhile, and what a gateway that was killed left there.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inScratchFolder, sweepScratchFolders } from '../../gateway/probes/scratch-folder.ts';

test('a folder is there as long as it is needed, also where that ends badly', async () => {
  const seen: string[] = [];
  const failing = inScratchFolder(async (folder) => {
    seen.push(folder);
    expect(existsSync(folder)).toBe(true);
    throw new Error('no stream');
  });
  await expect(failing).rejects.toThrow('no stream');
  expect(seen.map(existsSync)).toEqual([false]);
});

test('what a killed gateway left behind is removed, what a living one uses is not', async () => {
  const { pid: dead } = spawnSync('true');
  const [left, own, neighbours] = [dead, process.pid, process.ppid].map((pid) => join(tmpdir(), `mingzao-sample-${pid}-test`));
  for (const folder of [left, own, neighbours]) mkdirSync(String(folder));
  await inScratchFolder(async (used) => {
    await sweepScratchFolders();
    expect([left, own, neighbours, used].map((folder) => existsSync(String(folder)))).toEqual([false, false, true, true]);
  });
  rmSync(String(neighbours), { recursive: true });
});

test('a process that a killed gateway left behind is ended, one beside it is not', async () => {
  const { pid: dead } = spawnSync('true');
  const [left, alive] = [dead, process.ppid].map((pid) => join(tmpdir(), `mingzao-sample-${pid}-test`));
  for (const folder of [left, alive]) mkdirSync(String(folder));
  // Like ffmpeg, it names the file it writes in its arguments.
  const [orphan, neighbour] = [left, alive].map((folder) => spawn('sh', ['-c', 'read never', `${folder}/sample.nut`]));
  await sweepScratchFolders();
  if (orphan?.signalCode === null) await once(orphan, 'exit');
  expect([orphan?.signalCode, neighbour?.signalCode]).toEqual(['SIGKILL', null]);
  neighbour?.kill();
  rmSync(String(alive), { recursive: true });
});
