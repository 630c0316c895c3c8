// The queue of pictures on a real file: its bound, what is told of it, and what survives an abrupt end.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEvidence, type Evidence } from '../../gateway/evidence.ts';
import type { Log } from '../../gateway/log.ts';
import { silentLog } from '../silent-log.ts';

let folder: string;
let open: Evidence[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  open = [];
});
afterEach(() => {
  for (const evidence of open) evidence.close();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'evidence.db');
function newEvidence(maxBytes = 1e8, log: Log = silentLog): Evidence {
  const evidence = createEvidence({ file: file(), maxBytes, now: Date.now, log });
  open.push(evidence);
  return evidence;
}
function reopen(evidence: Evidence): Evidence {
  evidence.close();
  open.splice(open.indexOf(evidence), 1);
  return newEvidence();
}
const picture = (content: number, bytes = 1000) => Buffer.alloc(bytes, content);
const sha256Of = (jpeg: Uint8Array) => createHash('sha256').update(jpeg).digest('hex');
/** What waits, the newest first. */
function waiting(evidence: Evidence): string[] {
  const tried = new Set<string>();
  for (let next = evidence.next(tried); next !== undefined; next = evidence.next(tried)) tried.add(next.sha256);
  return [...tried];
}

describe('a picture that is kept', () => {
  test('is named by the SHA-256 of its bytes, and waits until it is said to be stored', async () => {
    const evidence = newEvidence();
    const sha256 = await evidence.keep(picture(1));
    expect(sha256).toBe(sha256Of(picture(1)));
    const next = evidence.next(new Set());
    expect({ ...next, jpeg: Buffer.from(next?.jpeg ?? []) }).toEqual({ sha256, jpeg: picture(1) });
    evidence.forget(['f'.repeat(64)]);
    expect(evidence.health()).toEqual({ waiting: 1, dropped: 0 });
    evidence.forget([sha256]);
    expect(evidence.next(new Set())).toBeUndefined();
    expect(evidence.health()).toEqual({ waiting: 0, dropped: 0 });
  });

  test('is one picture however often it is kept', async () => {
    const evidence = newEvidence();
    for (let again = 0; again < 3; again += 1) await evidence.keep(picture(1));
    expect(evidence.health().waiting).toBe(1);
  });

  test('goes before all that were kept earlier', async () => {
    const evidence = newEvidence();
    const kept = [await evidence.keep(picture(1)), await evidence.keep(picture(2)), await evidence.keep(picture(3))];
    expect(waiting(evidence)).toEqual(kept.toReversed());
  });

  test('waits on in a file that is opened again', async () => {
    const before = newEvidence();
    const kept = await before.keep(picture(1));
    expect(waiting(reopen(before))).toEqual([kept]);
  });

  test('survives a process that ends without a word', () => {
    const script = join(import.meta.dirname, 'keep-and-die.ts');
    const { signal, stderr, stdout } = spawnSync(process.execPath, [script, file(), '25'], { encoding: 'utf8' });
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    expect(waiting(newEvidence())).toEqual(stdout.trim().split('\n').toReversed());
  });

  test('is refused where the server would not take it, and spoils nothing', async () => {
    const evidence = newEvidence();
    await expect(evidence.keep(picture(1, 600_000))).rejects.toMatchObject({ code: 'picture-too-large' });
    expect(evidence.health()).toEqual({ waiting: 0, dropped: 0 });
  });
});

test('a file that can no longer be read gives nothing, and says so once', async () => {
  const told: unknown[] = [];
  const evidence = createEvidence({
    file: file(),
    maxBytes: 1e8,
    now: Date.now,
    log: { ...silentLog, error: (about: object) => void told.push(about) },
  });
  await evidence.keep(picture(1));
  evidence.close();
  for (let again = 0; again < 3; again += 1) expect(evidence.next(new Set())).toBeUndefined();
  expect(told).toHaveLength(1);
  expect(evidence.health()).toEqual({ waiting: 1, dropped: 0 });
});

describe('a full file', () => {
  test('drops the oldest, counts them and says so, and grows no further', async () => {
    const told: unknown[] = [];
    const log: Log = { ...silentLog, error: (about: object) => void told.push(about) };
    const evidence = newEvidence(1_000_000, log);
    const kept: string[] = [];
    for (let content = 0; content < 100; content += 1) kept.push(await evidence.keep(picture(content, 30_000)));
    const left = waiting(evidence);
    expect(left).toEqual(kept.slice(-left.length).toReversed());
    expect(left.length).toBeGreaterThan(20);
    expect(evidence.health()).toEqual({ waiting: left.length, dropped: 100 - left.length });
    expect(told.at(-1)).toEqual({ count: 1, dropped: 100 - left.length });
    expect(statSync(file()).size).toBeLessThanOrEqual(1_000_000);
  });

  test('that cannot hold even one picture says so, and takes smaller ones on', async () => {
    const told: unknown[] = [];
    const evidence = newEvidence(100_000, { ...silentLog, error: (about: object) => void told.push(about) });
    for (let again = 0; again < 3; again += 1)
      await expect(evidence.keep(picture(1, 200_000))).rejects.toMatchObject({ code: 'disk-full' });
    expect(told).toHaveLength(1);
    const small = await evidence.keep(picture(2));
    expect(waiting(evidence)).toEqual([small]);
  });
});
