// One gateway of the chaos, as a process of its own that may be killed at any moment: the real outbox and the real uplink, and facts made up.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Fact } from '#contract/facts.ts';
import { now, sleep } from '../../gateway/clock.ts';
import { createOutbox, type Entry } from '../../gateway/outbox.ts';
import { createUplink } from '../../gateway/uplink.ts';
import { openJournal } from './journal.ts';
import { createChance } from './random.ts';

/** What it is told at its start; and later, as a message, that it is enough. */
export interface GatewayTask {
  folder: string;
  canteen: string;
  key: string;
  url: string;
  cameras: string[];
  seed: number;
}

/** What it tells: how much the server has not acknowledged yet, after it was told that it is enough. */
export interface GatewayNews {
  waiting: number;
}

const everyMs = 100;
/** Every wait of the uplink is so many times as short: a minute holds as many reconnections as ten. */
const hurry = 10;
/** Facts at once, at most, and how often a camera that answered does not any more, or the other way round. */
const factsMax = 6;
const changes = 0.05;
const believedMs = 600_000;
const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

process.once('message', (task: GatewayTask) => void run(task));
process.once('disconnect', () => process.exit(1));

async function run({ folder, canteen, key, url, cameras, seed }: GatewayTask): Promise<void> {
  const journal = openJournal(join(folder, 'decided.jsonl'));
  const outbox = createOutbox({ file: join(folder, 'outbox.db'), canteen, maxEvents: 2_000_000, maxBytes: 1e9, now, log: silentLog });
  const chance = createChance(seed + journal.last());
  const present = journal.present();
  const session = randomUUID();
  const startedAt = performance.now();
  let enough = false;
  process.on('message', () => {
    enough = true;
  });

  const append = (entries: Entry[]) => {
    outbox.append(entries);
    uplink.wake();
  };
  const uplink = createUplink({
    credentials: () => ({ kind: 'key', key }),
    identity: undefined,
    ...{ url, canteen, session, version: '0.0.0', heartbeatEveryMs: 30_000, outbox, now, random: Math.random, log: silentLog },
    sleep: (ms, signal) => sleep(ms / hurry, signal),
    evidence: { next: () => undefined, forget: () => undefined },
    command: async () => undefined,
    stuck: (sequence) => assert(!outbox.tellForgotten(sequence), `the server has forgotten what it had acknowledged, after ${sequence}`),
    heartbeat: () => ({
      ...{ schemaVersion: 1, session, at: new Date(now()).toISOString(), memoryBytes: process.memoryUsage.rss(), devices: [] },
      uptimeSeconds: Math.round((performance.now() - startedAt) / 1000),
      outbox: outbox.health(),
    }),
  });
  void uplink.run(new AbortController().signal);

  const decide = (facts: { camera: string; outcome: 'ok' | 'fault' }[]) => {
    const decisions = journal.intend(facts);
    append(decisions.map(asEntry));
    journal.done();
    for (const { camera, outcome } of facts) present.set(camera, outcome);
  };

  append([{ type: 'cn.mingzao.layout.v1', data: layoutOf(cameras) }]);
  while (!enough) {
    const facts = Array.from({ length: chance.between(1, factsMax) }, () => {
      const camera = chance.pick(cameras);
      const before = present.get(camera) ?? 'ok';
      return { camera, outcome: chance.next() < changes ? (before === 'ok' ? ('fault' as const) : ('ok' as const)) : before };
    });
    decide(facts);
    await sleep(everyMs);
  }
  decide(cameras.map((camera) => ({ camera, outcome: present.get(camera) ?? 'ok' })));
  for (;;) {
    process.send?.({ waiting: outbox.health().waiting } satisfies GatewayNews);
    await sleep(everyMs);
  }
}

/** The number of the decision rides in the fact, so that it can be told apart from every other. */
function asEntry({ number, camera, outcome }: { number: number; camera: string; outcome: 'ok' | 'fault' }): Entry {
  const at = now();
  const data: Fact = {
    ...{ schemaVersion: 1, check: 'reachable', device: camera, outcome, detail: `decision ${number}` },
    ...(outcome === 'fault' ? { fault: 'no-answer' as const } : { measured: { address: '127.0.0.1:80', roundTripMs: 1 } }),
    observedAt: new Date(at).toISOString(),
    validUntil: new Date(at + believedMs).toISOString(),
  };
  return { type: 'cn.mingzao.fact.v1', data };
}

function layoutOf(cameras: string[]): Extract<Entry, { type: 'cn.mingzao.layout.v1' }>['data'] {
  return {
    schemaVersion: 1,
    zones: [{ id: 'cooking', kind: 'cooking', name: '烹饪区' }],
    cameras: cameras.map((id) => ({ id, name: id, zones: ['cooking'] })),
    recorders: [],
  };
}
