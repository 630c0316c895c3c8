// The chaos: load, and everything killed, cut and started again at random; then quiet; then the count.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Count, count, isRight } from './count.ts';
import { type ChaosGateway, createGateway } from './gateways.ts';
import type { LineState } from './line.ts';
import { type Chance, createChance } from './random.ts';
import type { Site } from './site.ts';

export interface ChaosReport {
  count: Count;
  /** How often each mishap came about. */
  mishaps: Record<string, number>;
  /** Until every gateway had its acknowledgements and every gap was right, at the end. */
  settledSeconds: number;
  /** What did not settle, or broke in the harness’s own hands. */
  troubles: string[];
  ok: boolean;
}

const camerasEach = 3;
const pauseMs = { least: 500, most: 6_000 };
const settleWithinMs = 120_000;

/** Everything lies in a folder of its own, removed at the end where all was right and kept otherwise. `say` gets one line a mishap. */
export async function runChaos(about: {
  seconds: number;
  seed: number;
  gateways: number;
  startSite: (about: { folder: string; canteens: { id: string; key: string }[] }) => Promise<Site>;
  say: (line: string) => void;
  /** Ends it before its time; what has come about so far is counted all the same. */
  signal?: AbortSignal;
}): Promise<ChaosReport> {
  const { seconds, seed, startSite, say, signal } = about;
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-chaos-'));
  const canteens = Array.from({ length: about.gateways }, (_, index) => ({
    id: `canteen-${index + 1}`,
    key: randomBytes(16).toString('hex'),
  }));
  const cameras = Array.from({ length: camerasEach }, (_, index) => `camera-${index + 1}`);
  let site: Site | undefined;
  let keepFolder = true;
  const gateways: ChaosGateway[] = [];
  const mishaps: Record<string, number> = {};
  const troubles: string[] = [];
  try {
    site = await startSite({ folder, canteens });
    const { mqttPort, mishaps: atCentre, stored } = site;
    for (const [index, { id, key }] of canteens.entries()) {
      const gateway = await createGateway({ folder, mqttPort, canteen: id, key, cameras, seed: seed + index });
      gateways.push(gateway);
      gateway.start();
    }
    const until = performance.now() + seconds * 1000;
    const failed = new AbortController();
    const ended = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
    const suffer = async (kinds: Record<string, Mishap>, chance: Chance) => {
      // Each once before any comes again.
      let next: string[] = [];
      while (performance.now() < until) {
        await delay(chance.between(pauseMs.least, pauseMs.most), undefined, { signal: ended }).catch(() => undefined);
        if (ended.aborted) return;
        if (next.length === 0) next = chance.shuffled(Object.keys(kinds));
        const name = next.pop() ?? '';
        say(`${Math.round(seconds - (until - performance.now()) / 1000)} s: ${name}`);
        mishaps[name] = (mishaps[name] ?? 0) + 1;
        await kinds[name]?.({ chance, pause: delay });
      }
    };
    // At the centre and at the gateways at the same time, each in an order that follows from the seed.
    const both = [suffer(atCentre, createChance(seed)), suffer(mishapsOf(gateways), createChance(seed + 1))];
    await Promise.all(both).catch(async (error) => {
      failed.abort();
      // Nothing is closed under a mishap that is still under way.
      await Promise.allSettled(both);
      throw error;
    });

    say('quiet: every line is sound, everything runs');
    const since = performance.now();
    for (const { line } of gateways) line.be('sound');
    for (const gateway of gateways) gateway.enough();
    await settle(gateways, troubles);
    const decided = async () => {
      const of = new Map(gateways.map((gateway) => [gateway.canteen, gateway.decided()]));
      return count(of, await stored());
    };
    let counted = await decided();
    // The last fact is acknowledged before the gap it opens or closes is written down by the sweep, if it is the sweep’s.
    while (!isRight(counted) && performance.now() - since < settleWithinMs / 4) {
      await delay(1_000);
      counted = await decided();
    }
    const settledSeconds = Math.round((performance.now() - since) / 100) / 10;
    const ok = isRight(counted) && troubles.length === 0 && counted.decided > 0;
    keepFolder = !ok;
    return { count: counted, mishaps, settledSeconds, troubles, ok };
  } finally {
    for (const gateway of gateways) await gateway.close();
    await site?.close();
    if (keepFolder) say(`what was decided, stored and logged is kept in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

type Mishap = Site['mishaps'][string];

function mishapsOf(gateways: ChaosGateway[]): Record<string, Mishap> {
  const onLine =
    (state: LineState): Mishap =>
    async ({ chance, pause }) => {
      const few = gateways.filter(() => chance.next() < 0.5);
      for (const { line } of few) line.be(state);
      await pause(chance.between(500, 4_000));
      for (const { line } of few) line.be('sound');
    };
  const killed: Mishap = async ({ chance, pause }) => {
    const gateway = chance.pick(gateways);
    await gateway.kill();
    await pause(chance.between(0, 2_000));
    gateway.start();
  };
  return { 'gateway killed': killed, 'line cut': onLine('cut'), 'line half open': onLine('half-open'), 'line slow': onLine('slow') };
}

async function settle(gateways: ChaosGateway[], troubles: string[]): Promise<void> {
  const until = performance.now() + settleWithinMs;
  while (gateways.some((gateway) => gateway.waiting() !== 0)) {
    if (performance.now() > until) {
      for (const gateway of gateways)
        if (gateway.waiting() !== 0) troubles.push(`${gateway.canteen} still waits for ${gateway.waiting()} acknowledgements`);
      return;
    }
    await delay(200);
  }
}
