// What a server takes in, how soon, and at what cost; a real server process with real files, loaded by a process beside it on the same machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Board } from '#contract/views.ts';
import { until } from '../../test/until.ts';
import type { Figure } from './figure.ts';
import { cpuSeconds, peakBytes } from './gateway/process-figures.ts';
import type { BareBroker } from './server/bare-broker.ts';
import { devicesPerCanteen, factsPerDay } from './server/canteen-facts.ts';
import type { CountingSubscriber } from './server/counting-subscriber.ts';
import { type Credentials, issueCredentials } from './server/credentials.ts';
import { latencies } from './server/latencies.ts';
import type { Delivered, Load } from './server/load.ts';
import { openPage } from './server/open-page.ts';
import { type Remote, startRemote } from './server/remote.ts';
import { type StartedServer, startServer } from './server/started-server.ts';

/** Connections made at once: so many a single listener takes without refusing. */
const abreast = 50;
const districtSize = 500;
/** Some more than the goal: what comes faster than the server takes it in waits at the gateways, and shows as lateness. */
const offeredFactsPerSecond = 12_000;
const largest = 2000;
/** For what must come about, or the bench itself is wrong. */
const patienceMs = 60_000;

interface Bench {
  load: Remote<Load>;
  credentials: Credentials;
  say(line: string): void;
}

export async function server(say: (line: string) => void): Promise<Figure[]> {
  const [busy = 0] = loadavg();
  if (busy > 0.5)
    say(`other work takes part in this: load average ${busy.toFixed(1)} on ${availableParallelism()} cores before the bench began`);
  const load = startRemote<Load>('scripts/bench/server/load.ts');
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  try {
    const { enrol, ...secrets } = await issueCredentials(folder, names(largest));
    await load.ask('enrol', secrets);
    const bench = { load, credentials: { enrol, ...secrets }, say };
    const district = await ofDistrict(bench);
    const bare = await bareBroker(bench);
    say(`the plain broker moved ${bare.toFixed(0)} messages/s`);
    return [
      ...district.figures,
      { metric: 'messages/s against the plain broker', value: rounded(district.messagesPerSecond / bare), unit: 'x', goal: '>=0.5' },
      ...(await ofScale(bench)),
    ];
  } finally {
    await load.stop();
    rmSync(folder, { recursive: true });
  }
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `canteen-${index + 1}`);

/** 500 canteens: how much, how soon, and what the pages see of it meanwhile. */
async function ofDistrict(bench: Bench): Promise<{ figures: Figure[]; messagesPerSecond: number }> {
  const { load, say } = bench;
  const canteens = names(districtSize);
  return withServer(canteens, bench, async (running) => {
    const { seconds: first } = await load.ask('connect', { canteens, abreast });
    say(`500 canteens told all they have in ${first.toFixed(1)} s`);
    await untilRight(running, canteens.length);
    await load.ask('cut', undefined);
    const back = await backRight(running, load, canteens);
    say(`500 gateways came back in ${back.toFixed(1)} s`);

    const page = await openPage(running, load);
    const [steady, lists] = await Promise.all([load.ask('tell', { perSecond: 1000, seconds: 15 }), listTimes(running, 14)]);
    const seen = await page.close();
    tellDelivered('1,000 messages/s', steady, say);
    say(
      `${seen.count} changes seen on an open page: p50 ${seen.p50} ms, p95 ${seen.p95} ms, worst ${seen.worst} ms; ${seen.missed} not seen`,
    );
    say(`list of ${canteens.length} canteens: p50 ${lists.p50} ms, p95 ${lists.p95} ms`);
    const before = cpuSeconds(running.pid).own;
    const pressed = await load.ask('press', { seconds: 10 });
    tellDelivered('as fast as it goes', pressed, say);
    say(`the server used ${((cpuSeconds(running.pid).own - before) / pressed.seconds).toFixed(2)} of a core`);
    const offered = await load.ask('offer', { factsPerSecond: offeredFactsPerSecond, seconds: 15 });
    tellDelivered(`${offeredFactsPerSecond} facts/s offered`, offered, say);
    const backlog = await drain(bench);
    return {
      messagesPerSecond: pressed.messages / pressed.seconds,
      figures: [
        {
          metric: 'facts/s taken in, stored, judged and acknowledged',
          value: Math.round(offered.facts / offered.seconds),
          unit: '/s',
          goal: '>=10000',
        },
        { metric: 'publish to acknowledgement at 1,000 messages/s, p99', value: steady.latency.p99, unit: 'ms', goal: '<=500' },
        { metric: '500 gateways back at once, until right again', value: rounded(back), unit: 's', goal: '<=30' },
        { metric: 'change at a camera to open page, p95', value: seen.p95, unit: 'ms', goal: '<=500' },
        { metric: `list of 500 canteens (${500 * devicesPerCanteen} devices) meanwhile, p95`, value: lists.p95, unit: 'ms', goal: '<=100' },
        ...backlog,
      ],
    };
  });
}

/** A day of all the district, by what half of it drains in a slice of time while the other half goes on as ever. */
async function drain({ load, say }: Bench): Promise<Figure[]> {
  const live = { draining: districtSize / 2, perSecond: 125, seconds: 10 };
  const before = await load.ask('tell', { perSecond: 2 * live.perSecond, seconds: live.seconds });
  const { drained, live: meanwhile } = await load.ask('drain', live);
  tellDelivered('backlog', drained, say);
  say(`live meanwhile: p99 ${meanwhile.latency.p99} ms; without a backlog, ${before.latency.p99} ms`);
  const minutes = (districtSize * factsPerDay) / (drained.facts / drained.seconds) / 60;
  return [
    {
      metric: `a day of ${districtSize} gateways (${factsPerDay} facts each) drained in`,
      value: rounded(minutes),
      unit: 'min',
      goal: '<=30',
    },
    { metric: 'live p99 while a backlog drains', value: meanwhile.latency.p99, unit: 'ms', goal: '<=500' },
  ];
}

/** 10 canteens and 2,000, at one rate. */
async function ofScale(bench: Bench): Promise<Figure[]> {
  const few = await withServer(names(10), bench, (running) => costPerFact(running, names(10), bench));
  const many = await withServer(names(largest), bench, async (running) => {
    const cost = await costPerFact(running, names(largest), bench);
    return { cost, bytes: peakBytes(running.pid) };
  });
  bench.say(
    `CPU of the server for one fact: ${few.toFixed(3)} ms with 10 canteens, ${many.cost.toFixed(3)} ms with 2,000; heartbeats apart`,
  );
  return [
    { metric: 'memory of the server with 2,000 gateways, peak', value: Math.round(many.bytes / 1e6), unit: 'MB', goal: '<=1500' },
    { metric: 'cost of a fact with 2,000 canteens against 10', value: rounded(many.cost / few), unit: 'x', goal: '<=1' },
  ];
}

/** Milliseconds of CPU, at a rate both can take; without what the same canteens cost while they tell nothing but heartbeats. */
async function costPerFact(running: StartedServer, canteens: string[], { load, say }: Bench): Promise<number> {
  const { seconds: first } = await load.ask('connect', { canteens, abreast });
  say(`${canteens.length} canteens told all they have in ${first.toFixed(1)} s`);
  const seconds = 15;
  const began = cpuSeconds(running.pid).own;
  await sleep(seconds * 1000);
  const rested = cpuSeconds(running.pid).own;
  const told = await load.ask('tell', { perSecond: 250, seconds });
  const [idle, busy] = [rested - began, cpuSeconds(running.pid).own - rested];
  tellDelivered(`${canteens.length} canteens at 250 messages/s`, told, say);
  say(`CPU with heartbeats alone ${(idle / seconds).toFixed(3)} of a core, at 250 messages/s ${(busy / seconds).toFixed(3)}`);
  return ((busy - idle) * 1000) / told.facts;
}

/** Messages/s, from the first that is sent until all have arrived: the broker confirms more than it has moved. */
async function bareBroker({ load, credentials, say }: Bench): Promise<number> {
  const broker = startRemote<BareBroker>('scripts/bench/server/bare-broker.ts');
  const subscriber = startRemote<CountingSubscriber>('scripts/bench/server/counting-subscriber.ts');
  try {
    const { server: shown, authority, key, certificates } = credentials;
    const port = await broker.ask('start', { server: shown, authority });
    await subscriber.ask('subscribe', { port, key, cert: certificates['canteen-1'] ?? '', ca: authority });
    await load.ask('use', { port, acknowledges: false });
    await load.ask('connect', { canteens: names(500), abreast });
    const before = await subscriber.ask('count', undefined);
    const since = performance.now();
    const pressed = await load.ask('press', { seconds: 10 });
    tellDelivered('plain broker, as far as it confirms', pressed, say);
    await until(async () => {
      const missing = before + pressed.messages - (await subscriber.ask('count', undefined));
      if (missing > 0) throw new Error(`${missing} messages the plain broker has confirmed have not arrived`);
    }, patienceMs);
    return pressed.messages / ((performance.now() - since) / 1000);
  } finally {
    await load.ask('forget', undefined);
    await subscriber.stop();
    await broker.stop();
  }
}

async function withServer<Result>(
  canteens: string[],
  { load, credentials }: Bench,
  measure: (running: StartedServer) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  const running = await startServer(folder, canteens, credentials);
  try {
    await load.ask('use', { port: running.mqttPort, acknowledges: true });
    const measured = await measure(running);
    await refuseRefusals(running);
    return measured;
  } finally {
    await load.ask('forget', undefined);
    await running.stop();
    rmSync(folder, { recursive: true });
  }
}

/** What the server refused is no load: then the bench itself is wrong. */
async function refuseRefusals({ regulator }: StartedServer): Promise<void> {
  const { quarantined } = await regulator.ask<{ quarantined: number }>('/api/health/details');
  if (quarantined > 0) throw new Error(`the server has put ${quarantined} messages of this bench in quarantine`);
}

/** Seconds. */
async function backRight(running: StartedServer, load: Remote<Load>, canteens: string[]): Promise<number> {
  const since = performance.now();
  await load.ask('connect', { canteens, abreast: canteens.length });
  await untilRight(running, canteens.length);
  return (performance.now() - since) / 1000;
}

async function untilRight(running: StartedServer, count: number): Promise<void> {
  await until(async () => {
    const { canteens } = await list(running);
    const wrong = canteens.find(({ verdict }) => verdict !== 'ok');
    if (canteens.length !== count || wrong !== undefined)
      throw new Error(`not every one of ${count} canteens is right again: ${JSON.stringify(wrong)}`);
  }, patienceMs);
}

async function list({ regulator }: StartedServer): Promise<Board> {
  return regulator.ask<Board>('/api/canteens');
}

async function listTimes(running: StartedServer, seconds: number) {
  const times: number[] = [];
  for (const until = performance.now() + seconds * 1000; performance.now() < until; await sleep(100)) {
    const since = performance.now();
    await (await running.regulator.fetch('/api/canteens')).arrayBuffer();
    times.push(performance.now() - since);
  }
  return latencies(times);
}

function tellDelivered(what: string, { messages, facts, seconds, latency }: Delivered, say: (line: string) => void): void {
  const rates = `${(messages / seconds).toFixed(0)} messages/s, ${(facts / seconds).toFixed(0)} facts/s`;
  say(`${what}: ${rates}; acknowledged after p50 ${latency.p50} ms, p99 ${latency.p99} ms, worst ${latency.worst} ms`);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
