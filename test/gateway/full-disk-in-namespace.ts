// Run by full-disk.test.ts on a small disk of its own: fills it under a working outbox, and prints what came of that.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutboxEvent } from '#contract/envelope.ts';
import { createOutbox } from '../../gateway/outbox.ts';
import { silentLog } from '../silent-log.ts';
import { factEntry } from './entries.ts';

const [disk = ''] = process.argv.slice(2);
let clock = Date.parse('2026-11-26T08:00:00Z');
const about = { file: join(disk, 'outbox.db'), canteen: 'canteen-1', maxEvents: 100_000, maxBytes: 1e9 };
const outbox = createOutbox({ ...about, now: () => clock, log: silentLog });
const told = { appended: 0, refused: 0 };
let fillers = 0;

append(500);
fill();
append(500);
fill(); // somebody else takes the room that was set aside
append(2_000);
const full = outbox.health();
outbox.acknowledge(outbox.pending(0, 1)[0]?.sequence ?? 0); // deleting needs room as well
const events = everything();
const losses = events.flatMap((event) => (event.type === 'cn.mingzao.loss.v1' ? [event.data] : []));
const sequences = events.map(({ sequence }) => sequence);

rmSync(join(disk, 'fill'), { recursive: true });
clock += 600_000;
append(1);
console.log(JSON.stringify({ told, full, losses, sequences, after: outbox.health(), acknowledged: acknowledgeAll() }));

function append(count: number): void {
  for (let index = 0; index < count; index += 1)
    try {
      outbox.append([factEntry('camera-1')]);
      told.appended += 1;
    } catch {
      told.refused += 1;
    }
}

/** To the last block. */
function fill(): void {
  for (const bytes of [1_000_000, 4_096])
    try {
      for (;;) writeFileSync(join(disk, 'fill', String(fillers++)), Buffer.alloc(bytes, 1));
    } catch {
      // that is what was wanted
    }
}

/** All that waits, by the way it is sent: some at a time. */
function everything(): OutboxEvent[] {
  const all: OutboxEvent[] = [];
  for (let batch = outbox.pending(0, 200); batch.length > 0; batch = outbox.pending(all.at(-1)?.sequence ?? 0, 200)) all.push(...batch);
  return all;
}

function acknowledgeAll(): number {
  outbox.acknowledge(everything().at(-1)?.sequence ?? 0);
  return outbox.health().waiting;
}
