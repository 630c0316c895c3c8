// In which order the outbox goes up, how far ahead of the acknowledgement, and when it is sent again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOutbox, type Outbox } from '../../gateway/outbox.ts';
import { createDrain, type Drain } from '../../gateway/uplink/drain.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { silentLog } from '../silent-log.ts';
import { factEntry } from './entries.ts';

let folder: string;
let clock: FakeClock;
let outbox: Outbox;
let drain: Drain;
let sent: number[][];
let stuckAt: number[];
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drain-'));
  clock = createFakeClock();
  const { now, sleep } = clock;
  outbox = createOutbox({ file: join(folder, 'outbox.db'), canteen: 'canteen-1', maxEvents: 100_000, maxBytes: 1e9, now, log: silentLog });
  sent = [];
  stuckAt = [];
  stop = new AbortController();
  drain = createDrain({
    outbox,
    send: async (events) => void sent.push(events.map(({ sequence }) => sequence)),
    stuck: (sequence) => void stuckAt.push(sequence),
    sleep,
  });
});
afterEach(async () => {
  stop.abort();
  await running;
  outbox.close();
  rmSync(folder, { recursive: true });
});

const start = () => {
  running = drain.run(stop.signal);
  return clock.advance(0);
};
const put = (count: number, device = 'camera-1') => {
  outbox.append(Array.from({ length: count }, () => factEntry(device)));
  drain.wake();
};
const acknowledge = (sequence: number) => {
  outbox.acknowledge(sequence);
  drain.acknowledged(sequence);
};
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('the present state of every check goes first, then the backlog in order, nothing twice', async () => {
  put(250, 'camera-1');
  put(50, 'camera-2');
  await start();
  expect(sent[0]).toEqual([250, 300]);
  expect(sent.slice(1).flat()).toEqual([...range(1, 249), ...range(251, 299)]);
});

test('what is put in while all is sent goes up at once', async () => {
  await start();
  put(1);
  await clock.advance(0);
  put(1);
  await clock.advance(0);
  expect(sent).toEqual([[1], [2]]);
});

test('the backlog keeps no more than some batches ahead of what is acknowledged, the present state does not wait for it', async () => {
  put(5000);
  await start();
  const before = sent.flat().length;
  expect(before).toBeLessThanOrEqual(1001);
  put(1, 'camera-2');
  await clock.advance(0);
  expect(sent.at(-1)).toEqual([5001]);
  acknowledge(400);
  await clock.advance(0);
  expect(sent.flat().length).toBeGreaterThanOrEqual(before + 400);
});

test('every event is sent once where every batch is acknowledged', async () => {
  put(5000);
  await start();
  for (let done = 200; done <= 5000; done += 200) {
    acknowledge(done);
    await clock.advance(0);
  }
  expect(sent.flat().toSorted((a, b) => a - b)).toEqual(range(1, 5000));
  expect(outbox.health().waiting).toBe(0);
});

test('without any acknowledgement all of it is sent again, after longer and longer waits', async () => {
  put(3);
  await start();
  await clock.advance(29_000);
  expect(sent).toEqual([[3], [1, 2]]);
  await clock.advance(1000);
  expect(sent).toEqual([[3], [1, 2], [3], [1, 2]]);
  await clock.advance(59_000);
  expect(sent).toHaveLength(4);
  await clock.advance(1000);
  expect(sent).toHaveLength(6);
  expect(stuckAt).toEqual([]);
});

test('nothing is sent again while acknowledgements come', async () => {
  put(3);
  await start();
  acknowledge(3);
  await clock.advance(600_000);
  expect(sent.flat()).toEqual([3, 1, 2]);
});

describe('an acknowledgement that goes back', () => {
  beforeEach(async () => {
    put(3);
    await start();
    acknowledge(3);
    put(2);
    await clock.advance(0);
    drain.acknowledged(0);
    await clock.advance(31_000);
  });

  test('is told of where the server goes on with it', async () => {
    drain.acknowledged(0);
    await clock.advance(30_000);
    expect(stuckAt).toEqual([0]);
  });

  test('was only an older word where the line has been dead since, and what waits is sent again', async () => {
    const before = sent.length;
    await clock.advance(30_000);
    expect(stuckAt).toEqual([]);
    expect(sent.slice(before).flat().toSorted()).toEqual([4, 5]);
  });
});
