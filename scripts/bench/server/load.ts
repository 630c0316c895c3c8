// The process that loads the server: hundreds of gateways' connections, each telling what its canteen tells.
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { downTopics, topic } from '#contract/topics.ts';
import { type CanteenTells, createCanteenTells, type Told } from './canteen-tells.ts';
import { type Connection, connect } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { type Latencies, latencies } from './latencies.ts';
import { serve } from './remote.ts';

export interface Delivered {
  messages: number;
  facts: number;
  seconds: number;
  /** From publishing to the acknowledgement that it is stored; of the plain broker, to its confirmation. */
  latency: Latencies;
}

/** Told unasked: when a camera that was lost or came back was published, milliseconds since 1970. */
export interface Changed {
  canteen: string;
  device: string;
  outcome: 'ok' | 'fault';
  at: number;
}

export type Load = typeof tasks;

interface Gateway {
  canteen: string;
  tells: CanteenTells;
  connection: Connection | undefined;
  /** What is published and not yet known to be stored. */
  unstored: { sequence: number; stored(): void }[];
}

const heartbeatMs = 30_000;
const overdueMs = 20_000;
const dayMs = 86_400_000;
/** As many as the real gateway puts into one message. */
const eventsPerBatch = 200;
const gateways = new Map<string, Gateway>();
let reached: { port: number; acknowledges: boolean } | undefined;
let credentials: Pick<Credentials, 'authority' | 'key' | 'certificates'> | undefined;

const tasks = {
  enrol: (issued: Pick<Credentials, 'authority' | 'key' | 'certificates'>) => {
    credentials = issued;
  },

  /** Where they report. `acknowledges` is false of a plain broker. */
  use: (about: { port: number; acknowledges: boolean }) => {
    reached = about;
  },

  /** Connects them all, `abreast` at a time, and tells their present state; resolves when all of it is stored. */
  connect: async ({ canteens, abreast }: { canteens: string[]; abreast: number }): Promise<{ seconds: number }> => {
    const since = performance.now();
    const left = canteens.values();
    await Promise.all(
      Array.from({ length: abreast }, async () => {
        for (const canteen of left) await arrive(canteen);
      }),
    );
    return { seconds: (performance.now() - since) / 1000 };
  },

  /** Cuts every connection. */
  cut: () => {
    for (const gateway of gateways.values()) {
      gateway.connection?.cut();
      gateway.connection = undefined;
      gateway.unstored = [];
    }
  },

  forget: () => {
    tasks.cut();
    gateways.clear();
  },

  /** Looks at a steady rate, whether or not the server keeps up. */
  tell: (about: { perSecond: number; seconds: number }): Promise<Delivered> => steady([...gateways.values()], about),

  /** Each gateway looks again as soon as its last look is stored. */
  press: ({ seconds }: { seconds: number }): Promise<Delivered> => pressed([...gateways.values()], seconds, look),

  /** Facts come at a steady rate, whether or not the server keeps up, and each gateway has one message on its way, as the real one does. */
  offer: (about: { factsPerSecond: number; seconds: number }): Promise<Delivered> => offered([...gateways.values()], about),

  /** So many gateways send what has gathered while they were cut off, batch after batch as the real one does; the others look at a steady rate. */
  drain: async (about: { draining: number; perSecond: number; seconds: number }): Promise<{ drained: Delivered; live: Delivered }> => {
    const { draining, perSecond, seconds } = about;
    const all = [...gateways.values()];
    const from = Date.now() - dayMs;
    let sent = 0;
    const sendBatch = async (gateway: Gateway, times: number[]) => {
      const told = gateway.tells.backlog({ from: from + ++sent * 1000, events: eventsPerBatch, stepMs: 500 });
      await publish(gateway, told, times);
      return told;
    };
    const [live, drained] = await Promise.all([
      steady(all.slice(draining), { perSecond, seconds }),
      pressed(all.slice(0, draining), seconds, sendBatch),
    ]);
    return { drained, live };
  },
};

const { tell } = serve(tasks);

async function steady(some: Gateway[], { perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Delivered> {
  const sent: Promise<Told>[] = [];
  const times: number[] = [];
  const since = performance.now();
  for (let due = 0; due < perSecond * seconds; ) {
    const now = performance.now();
    for (; due < perSecond * seconds && since + (due * 1000) / perSecond <= now; due += 1) {
      const gateway = some[due % some.length];
      if (gateway !== undefined) sent.push(look(gateway, times));
    }
    await sleep(1);
  }
  // What a server cannot take in time is no part of what it can take.
  await Promise.race([Promise.all(sent), sleep(overdueMs)]);
  const told = (await Promise.all(sent.map((each) => Promise.race([each, undefined])))).filter((each) => each !== undefined);
  return delivered(told, times, since);
}

async function pressed(some: Gateway[], seconds: number, send: (gateway: Gateway, times: number[]) => Promise<Told>): Promise<Delivered> {
  const since = performance.now();
  const told: Told[] = [];
  const times: number[] = [];
  await Promise.all(
    some.map(async (gateway) => {
      while (performance.now() < since + seconds * 1000) told.push(await send(gateway, times));
    }),
  );
  return delivered(told, times, since);
}

/** What comes while a message is on its way goes into the next. Late is counted from when the first fact in it came. */
async function offered(some: Gateway[], about: { factsPerSecond: number; seconds: number }): Promise<Delivered> {
  const everyMs = (1000 * some.length) / about.factsPerSecond;
  const since = performance.now();
  const until = since + about.seconds * 1000;
  const told: Told[] = [];
  const times: number[] = [];
  await Promise.all(
    some.map(async (gateway, place) => {
      let dueAt = since + (place / some.length) * everyMs;
      for (let now = performance.now(); now < until; now = performance.now()) {
        const facts = Math.min(Math.ceil((now - dueAt) / everyMs), eventsPerBatch - 1);
        if (facts <= 0) {
          await sleep(dueAt - now);
          continue;
        }
        const message = gateway.tells.gathered({ now: Date.now(), facts });
        await publish(gateway, message);
        times.push(performance.now() - dueAt);
        told.push(message);
        dueAt += message.facts * everyMs;
      }
    }),
  );
  return delivered(told, times, since);
}

async function arrive(canteen: string): Promise<void> {
  if (reached === undefined || credentials === undefined) throw new Error('it is not said where to connect');
  const known = gateways.get(canteen);
  const gateway: Gateway = known ?? { canteen, tells: createCanteenTells(canteen, Math.random), connection: undefined, unstored: [] };
  gateways.set(canteen, gateway);
  const { port, acknowledges } = reached;
  const { key, authority: ca, certificates } = credentials;
  gateway.connection = await connect({
    ...{
      port,
      clientId: canteen,
      tls: createSecureContext({ key, ca, cert: certificates[canteen] }),
      will: gateway.tells.status(Date.now(), false),
    },
    topics: acknowledges ? downTopics.map((kind) => topic(canteen, kind)) : [],
    onPublish: (name, payload) => {
      if (name.endsWith('/ack')) acknowledged(gateway, JSON.parse(payload.toString()).data);
    },
  });
  await publish(gateway, gateway.tells.status(Date.now()));
  for (const told of gateway.tells.present(Date.now())) await publish(gateway, told);
  void beat(gateway, gateway.connection);
}

/** As the real gateway does: first within its first interval, then every 30 s. */
async function beat(gateway: Gateway, connection: Connection): Promise<void> {
  await sleep(Math.random() * heartbeatMs);
  while (gateway.connection === connection) {
    await publish(gateway, gateway.tells.status(Date.now())).catch(() => undefined);
    await publish(gateway, gateway.tells.heartbeat(Date.now())).catch(() => undefined);
    await sleep(heartbeatMs);
  }
}

async function look(gateway: Gateway, times: number[]): Promise<Told> {
  const told = gateway.tells.look(Date.now());
  if (told.changed !== undefined && reached?.acknowledges)
    tell({ canteen: gateway.canteen, ...told.changed, at: Date.now() } satisfies Changed);
  await publish(gateway, told, times);
  return told;
}

/** Resolves when the broker has confirmed it and, where it has to be, it is stored; notes how long that took. */
async function publish(gateway: Gateway, told: Told, times: number[] = []): Promise<void> {
  const { connection, unstored } = gateway;
  if (connection === undefined) throw new Error(`${gateway.canteen} is not connected`);
  const at = performance.now();
  const { sequence } = told;
  const confirmed = connection.publish(told.topic, told.payload);
  if (sequence === undefined) return confirmed;
  if (!reached?.acknowledges) return confirmed.then(() => void times.push(performance.now() - at));
  const { promise, resolve } = Promise.withResolvers<void>();
  unstored.push({ sequence, stored: resolve });
  await Promise.all([confirmed, promise.then(() => times.push(performance.now() - at))]);
}

function acknowledged({ unstored }: Gateway, { sequence }: { sequence: number }): void {
  while (unstored[0] !== undefined && unstored[0].sequence <= sequence) unstored.shift()?.stored();
}

function delivered(told: Told[], times: number[], since: number): Delivered {
  const facts = told.reduce((sum, each) => sum + each.facts, 0);
  return { messages: told.length, facts, seconds: (performance.now() - since) / 1000, latency: latencies(times) };
}
