// The outbox on a disk that is really full: a small one in a mount namespace of its own, filled to the last block under it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Loss } from '#contract/gateway-health.ts';

const mount = 'mount -t tmpfs -o size=48m tmpfs "$0" && mkdir "$0/fill"';
const script = join(import.meta.dirname, 'full-disk-in-namespace.ts');

/** Without root a mount of one's own comes with a user namespace, where the machine allows those. */
const way = ['-m', '-rm'].find((flags) => spawnSync('unshare', [flags, 'sh', '-c', mount, tmpdir()]).status === 0);

test.skipIf(way === undefined)(
  'a full disk costs the oldest, told and counted as they are, and never the newest; with room again all is as before',
  () => {
    const disk = mkdtempSync(join(tmpdir(), 'full-disk-'));
    onTestFinished(() => rmSync(disk, { recursive: true }));
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      [way ?? '-m', 'sh', '-c', `${mount} && exec "$1" "$2" "$0"`, disk, process.execPath, script],
      {
        encoding: 'utf8',
      },
    );
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const { told, full, losses, sequences, after, acknowledged } = JSON.parse(stdout);
    expect(told).toEqual({ appended: 3_001, refused: 0 });
    expect(full).toMatchObject({ full: true, waiting: expect.any(Number), dropped: expect.any(Number) });
    // Without a hole every sequence is there, the one that was acknowledged, or told to be lost; and what is told is what was counted.
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
    expect(sequences).toEqual(range(sequences[0], sequences.at(-1)));
    const lost = new Set(losses.flatMap(({ from, to }: Loss) => range(from, to)));
    expect(lost).toEqual(new Set(range(1, sequences[0] - 2)));
    expect(lost.size).toBe(full.dropped);
    expect(losses).toContainEqual(expect.objectContaining({ reason: 'disk-full' }));
    expect(full.waiting).toBeGreaterThan(500);
    expect(after.full).toBeUndefined();
    expect(acknowledged).toBe(0);
  },
);
