// Run as a process of its own: supervises 64 devices for an hour of a clock that is moved, and says how much its memory grew after ten minutes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FaultCode } from '#contract/fault-code.ts';
import { createEvidence } from '../../../gateway/evidence.ts';
import type { Observation } from '../../../gateway/observation.ts';
import { createOutbox } from '../../../gateway/outbox.ts';
import { unobserved } from '../../../gateway/supervise/unobserved.ts';
import { createSupervisor, type Plan } from '../../../gateway/supervise.ts';
import { createFakeClock } from '../../../test/fake-clock.ts';
import { silentLog } from '../../../test/silent-log.ts';

const devices = 64;
const minuteMs = 60_000;
const closerLooks: [kind: Plan['kind'], everyMs: number][] = [
  ['identity', 60 * minuteMs],
  ['picture', minuteMs],
  ['stream', 5 * minuteMs],
];

const folder = mkdtempSync(join(tmpdir(), 'mingzao-hour-'));
const { now, sleep, advance } = createFakeClock();
const log = silentLog;
const outbox = createOutbox({ file: join(folder, 'outbox.db'), canteen: 'bench', maxEvents: 100_000, maxBytes: 1e9, now, log });
const evidence = createEvidence({ file: join(folder, 'evidence.db'), maxBytes: 1e8, now, log });
let looks = 0;
let told = 0;

const supervisor = createSupervisor({
  devices: Array.from({ length: devices }, (_, index) => {
    const id = `camera-${index + 1}`;
    return {
      id,
      address: () => `192.168.1.${index + 1}:80`,
      contact: plan('contact', 15_000, async () => contact(id)),
      others: closerLooks.map(([kind, everyMs]) => plan(kind, everyMs, () => closer(kind, id))),
      retryPassword: () => undefined,
    };
  }),
  // The server has everything a moment later.
  emit(facts) {
    outbox.append(facts.map((data) => ({ type: 'cn.mingzao.fact.v1', data })));
    told += facts.length;
    if (told % 100 < facts.length) outbox.acknowledge(told);
  },
  ...{ now, sleep, log, random: Math.random },
});

const stop = new AbortController();
const running = supervisor.run(stop.signal);
await advance(10 * minuteMs);
const before = await heapBytes();
await advance(50 * minuteMs);
const after = await heapBytes();
stop.abort();
await advance(minuteMs);
await running;
evidence.close();
outbox.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ grownBytes: after - before, looks, told }));

function plan(kind: Plan['kind'], everyMs: number, probe: Plan['probe']): Plan {
  return { kind, everyMs, deadlineMs: 10_000, probe };
}

async function contact(device: string): Promise<Observation> {
  looks += 1;
  const clock = { offsetSeconds: 0.1, uncertaintySeconds: 0.01 };
  const at = new Date(now()).toISOString();
  return {
    kind: 'contact',
    device,
    address: device,
    at,
    contact: { ok: true, value: { roundTripMs: 3 } },
    clock: { ok: true, value: clock },
  };
}

/** Every look finds something else to be wrong, and many keep a picture: more than any canteen has to tell. */
async function closer(kind: Plan['kind'], device: string): Promise<Observation> {
  looks += 1;
  if (looks % 20 === 0) evidence.forget([await evidence.keep(Buffer.alloc(20_000, looks % 251))]);
  const fault: FaultCode = looks % 2 === 0 ? 'stalled' : 'no-stream';
  return unobserved(kind, { device, at: now(), address: device, fault, detail: `look ${looks}` });
}

/** After everything is gone that can go: some of it only when what watched over it has run. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 10; round += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
