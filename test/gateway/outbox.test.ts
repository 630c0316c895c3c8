// The outbox on a real file: order, bounds, acknowledgement, and what survives an abrupt end.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { validator } from '#config/validate.ts';
import { OutboxEvent } from '#contract/envelope.ts';
import { createOutbox, type Outbox } from '../../gateway/outbox.ts';
import { silentLog } from '../silent-log.ts';
import { factEntry, layoutEntry } from './entries.ts';

let folder: string;
let open: Outbox[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  open = [];
});
afterEach(() => {
  for (const outbox of open) outbox.close();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'outbox.db');
function newOutbox(maxEvents = 1000, maxBytes = 1e8): Outbox {
  const now = () => Date.parse('2026-11-23T08:00:00Z');
  const outbox = createOutbox({ file: file(), canteen: 'canteen-1', maxEvents, maxBytes, now, log: silentLog });
  open.push(outbox);
  return outbox;
}
function reopen(outbox: Outbox): Outbox {
  outbox.close();
  open = open.filter((each) => each !== outbox);
  return newOutbox();
}
const sequences = (events: OutboxEvent[]) => events.map(({ sequence }) => sequence);

describe('what is put in', () => {
  test('comes out in order, counted from 1 without a hole, as events of the contract', () => {
    const outbox = newOutbox();
    outbox.append([factEntry('camera-1'), factEntry('camera-2')]);
    outbox.append([layoutEntry()]);
    const events = outbox.pending(0, 10);
    expect(sequences(events)).toEqual([1, 2, 3]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    const check = validator(OutboxEvent);
    for (const event of events) expect(check(event)).toMatchObject({ ok: true });
  });

  test('is still there after closing, under the same epoch and sequences', () => {
    const before = newOutbox();
    before.append([factEntry('camera-1'), factEntry('camera-2')]);
    before.acknowledge(1);
    const { epoch } = before;
    const after = reopen(before);
    expect(after.epoch).toBe(epoch);
    expect(sequences(after.pending(0, 10))).toEqual([2]);
  });

  test('is never given a sequence twice, also after everything was acknowledged and the file reopened', () => {
    const before = newOutbox();
    before.append([factEntry('camera-1'), factEntry('camera-2')]);
    before.acknowledge(2);
    const after = reopen(before);
    after.append([factEntry('camera-1')]);
    expect(sequences(after.pending(0, 10))).toEqual([3]);
  });

  test('survives a process that ends without a word', () => {
    const script = join(import.meta.dirname, 'append-and-die.ts');
    const { signal, stderr } = spawnSync(process.execPath, [script, file(), '25'], { encoding: 'utf8' });
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    expect(sequences(newOutbox().pending(0, 100))).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  });
});

describe('a clock that leaps', () => {
  test('changes neither the order nor what is the present state: both go by the sequence', () => {
    let clock = Date.parse('2026-11-23T08:00:00Z');
    const outbox = createOutbox({ file: file(), canteen: 'canteen-1', maxEvents: 1000, maxBytes: 1e8, now: () => clock, log: silentLog });
    open.push(outbox);
    for (const leapDays of [0, 400, -800, 3]) {
      clock += leapDays * 86_400_000;
      outbox.append([factEntry('camera-1')]);
    }
    expect(sequences(outbox.pending(0, 10))).toEqual([1, 2, 3, 4]);
    expect(sequences(outbox.newest(0, 10))).toEqual([4]);
    outbox.acknowledge(2);
    expect(sequences(outbox.pending(0, 10))).toEqual([3, 4]);
  });
});

describe('what is taken out', () => {
  test('is limited in number and in bytes, but never nothing while something waits', () => {
    const outbox = newOutbox();
    const long = 'x'.repeat(300_000);
    outbox.append([factEntry('camera-1', { detail: long }), factEntry('camera-2'), factEntry('camera-3'), factEntry('camera-4')]);
    expect(sequences(outbox.pending(0, 2))).toEqual([1]);
    expect(sequences(outbox.pending(1, 2))).toEqual([2, 3]);
    expect(sequences(outbox.pending(4, 2))).toEqual([]);
  });

  test('as present state is only the newest of each check of each device', () => {
    const outbox = newOutbox();
    outbox.append([layoutEntry(), factEntry('camera-1'), factEntry('camera-2'), factEntry('camera-1'), layoutEntry()]);
    expect(sequences(outbox.newest(0, 10))).toEqual([3, 4, 5]);
    expect(sequences(outbox.newest(4, 10))).toEqual([5]);
    outbox.acknowledge(4);
    expect(sequences(outbox.newest(0, 10))).toEqual([5]);
  });

  test('is forgotten up to what is acknowledged and no further', () => {
    const outbox = newOutbox();
    outbox.append([factEntry('camera-1'), factEntry('camera-2'), factEntry('camera-3')]);
    outbox.acknowledge(2);
    expect(sequences(outbox.pending(0, 10))).toEqual([3]);
    outbox.acknowledge(0);
    expect(outbox.health()).toEqual({ waiting: 1, dropped: 0, oldest: '2026-11-23T08:00:00.000Z' });
    outbox.acknowledge(3);
    expect(outbox.health()).toEqual({ waiting: 0, dropped: 0 });
  });
});

describe('a full outbox', () => {
  test('drops the oldest, tells the loss, and stays within its bound', () => {
    const outbox = newOutbox(10);
    outbox.append(Array.from({ length: 11 }, (_, index) => factEntry(`camera-${index}`)));
    const events = outbox.pending(0, 100);
    expect(sequences(events)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(events.at(-1)).toMatchObject({ type: 'cn.mingzao.loss.v1', data: { from: 1, to: 2, reason: 'outbox-full' } });
    expect(outbox.health()).toMatchObject({ waiting: 10, dropped: 2 });
  });

  test('that has to drop a loss as well carries it on in the next one, so that every sequence is either sent or told', () => {
    const outbox = newOutbox(10);
    for (let index = 0; index < 100; index += 1) outbox.append([factEntry('camera-1')]);
    const events = outbox.pending(0, 100);
    const told = events.flatMap((event) => (event.type === 'cn.mingzao.loss.v1' ? [event.data] : []));
    const accounted = new Set(sequences(events));
    for (const { from, to } of told) for (let sequence = from; sequence <= to; sequence += 1) accounted.add(sequence);
    const last = events.at(-1)?.sequence ?? 0;
    expect(accounted.size).toBe(last);
    expect(events.length).toBeLessThanOrEqual(10);
  });
});

describe('trouble', () => {
  test('a full disk costs the oldest, and the newest is stored all the same', () => {
    const outbox = newOutbox(1000, 200_000);
    const large = factEntry('camera-1', { detail: 'x'.repeat(10_000) });
    for (let index = 0; index < 50; index += 1) outbox.append([large]);
    const events = outbox.pending(0, 100);
    const losses = events.flatMap((event) => (event.type === 'cn.mingzao.loss.v1' ? [event.data] : []));
    expect(losses).toContainEqual(expect.objectContaining({ from: 1, reason: 'disk-full' }));
    expect(outbox.health()).not.toHaveProperty('full'); // its own bound, and not the disk’s
    expect(events.at(-1)?.type).toBe('cn.mingzao.fact.v1');
  });

  test('what does not even fit into an empty outbox is refused in a clear sentence, and the outbox goes on', () => {
    const outbox = newOutbox(1000, 200_000);
    expect(() => outbox.append([factEntry('camera-1', { detail: 'x'.repeat(300_000) })])).toThrow(/is full and nothing more can be stored/);
    outbox.append([factEntry('camera-1')]);
    expect(sequences(outbox.pending(0, 10))).toEqual([1]);
  });

  test('a server that lost what it had acknowledged is told what it will never get', () => {
    const outbox = newOutbox();
    outbox.append([factEntry('camera-1'), factEntry('camera-2'), factEntry('camera-3')]);
    outbox.acknowledge(3);
    expect(outbox.tellForgotten(3)).toBe(false);
    expect(outbox.tellForgotten(1)).toBe(true);
    expect(outbox.pending(0, 10)).toMatchObject([{ sequence: 4, data: { from: 2, to: 3, reason: 'unreadable' } }]);
  });

  test('a damaged file is moved aside and a new epoch begun', () => {
    writeFileSync(file(), 'this is no database, and long enough not to be taken for an empty one'.repeat(100));
    const outbox = newOutbox();
    outbox.append([factEntry('camera-1')]);
    expect(sequences(outbox.pending(0, 10))).toEqual([1]);
    expect(readdirSync(folder).some((name) => name.startsWith('outbox.db.damaged-'))).toBe(true);
  });

  test('a second gateway on the same data directory is refused in a clear sentence', () => {
    newOutbox();
    expect(() => newOutbox()).toThrow(/another gateway is using it; each gateway needs a data directory of its own/);
  });

  test('a file in an unusable place is told with its name', () => {
    writeFileSync(join(folder, 'outbox.db'), '');
    const inside = join(file(), 'outbox.db');
    const make = () => createOutbox({ file: inside, canteen: 'canteen-1', maxEvents: 10, maxBytes: 1e8, now: Date.now, log: silentLog });
    expect(make).toThrow(inside);
  });
});
