// When pictures go up: behind the facts, one at a time, with pauses, and again where nobody answered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEvidence, type Evidence } from '../../gateway/evidence.ts';
import { createPictureDrain, type PictureDrain } from '../../gateway/uplink/pictures.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { silentLog } from '../silent-log.ts';

let folder: string;
let clock: FakeClock;
let evidence: Evidence;
let drain: PictureDrain;
let sent: string[];
let takesMs: number;
let line: PromiseWithResolvers<void>;
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  clock = createFakeClock();
  evidence = createEvidence({ file: join(folder, 'evidence.db'), maxBytes: 1e8, now: clock.now, log: silentLog });
  sent = [];
  takesMs = 0;
  line = Promise.withResolvers();
  line.resolve();
  stop = new AbortController();
  drain = createPictureDrain({
    evidence,
    lineFree: () => line.promise,
    now: clock.now,
    sleep: clock.sleep,
    async send({ sha256 }) {
      await clock.sleep(takesMs);
      sent.push(sha256);
    },
  });
});
afterEach(async () => {
  stop.abort();
  line.resolve();
  await clock.advance(0);
  await running;
  evidence.close();
  rmSync(folder, { recursive: true });
});

const start = () => {
  running = drain.run(stop.signal);
  return clock.advance(0);
};
const keep = async (...contents: number[]) => {
  const names: string[] = [];
  for (const content of contents) names.push(await evidence.keep(Buffer.alloc(100, content)));
  drain.wake();
  return names;
};
const answer = (sha256: string | undefined) => {
  evidence.forget([sha256 ?? '']);
  drain.stored([sha256 ?? '']);
  return clock.advance(0);
};

test('the newest picture goes first, and the next one only when the server has answered', async () => {
  const [first, second, third] = await keep(1, 2, 3);
  await start();
  await clock.advance(10_000);
  expect(sent).toEqual([third]);
  await answer(third);
  await clock.advance(10_000);
  expect(sent).toEqual([third, second]);
  await answer(second);
  await clock.advance(100);
  await answer(first);
  await clock.advance(600_000);
  expect(sent).toEqual([third, second, first]);
});

test('a picture kept while all is sent goes up at once', async () => {
  await start();
  const [first] = await keep(1);
  await clock.advance(0);
  expect(sent).toEqual([first]);
});

test('no picture is sent while facts wait', async () => {
  line = Promise.withResolvers();
  const [first] = await keep(1);
  await start();
  await clock.advance(600_000);
  expect(sent).toEqual([]);
  line.resolve();
  await clock.advance(0);
  expect(sent).toEqual([first]);
});

test('on a slow line pictures take no more than half of the time', async () => {
  takesMs = 8000;
  const [first, second] = await keep(1, 2);
  await start();
  await clock.advance(8000);
  await answer(second);
  await clock.advance(15_999);
  expect(sent).toEqual([second]);
  await clock.advance(1);
  expect(sent).toEqual([second, first]);
});

test('one that is not answered lets the next one pass, and is tried again when all others were', async () => {
  const [first, second] = await keep(1, 2);
  await start();
  await clock.advance(61_000);
  expect(sent).toEqual([second, first]);
  await clock.advance(3_600_000);
  expect(sent.slice(2, 4)).toEqual([second, first]);
  expect(sent.length).toBeLessThan(15); // the waits grow
  const known = sent.length;
  await clock.advance(600_000);
  await answer(sent.at(-1));
  await clock.advance(60_000);
  expect(sent.length).toBeGreaterThan(known);
});

test('ends when it is told to, whatever it waits for', async () => {
  await keep(1);
  await start();
  stop.abort();
  await clock.advance(0);
  await expect(running).resolves.toBeUndefined();
});
