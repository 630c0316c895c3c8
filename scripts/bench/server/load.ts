// The process that loads the server: hundreds of gateways' connections, each telling what its canteen tells.
import { setTimeout as sleep } from 'node:timers/promises';
import { downTopics, topic } from '#contract/topics.ts';
import { type CanteenTells, createCanteenTells, type Told } from './canteen-tells.ts';
import { type Connection, connect } from './connection.ts';
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
  unstored: { sequence: number; at: number; stored(): void }[];
}

const heartbeatMs = 30_000;
const overdueMs = 20_000;
const gateways = new Map<string, Gateway>();
let stored: number[] = [];
let reached: { port: number; keys: Record<string, string>; acknowledges: boolean } | undefined;

const tasks = {
  /** Whose gateways these are, and where they report. `acknowledges` is false of a plain broker. */
  use: (about: { port: number; keys: Record<string, string>; acknowledges: boolean }) => {
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
  tell: async ({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Delivered> => {
    const all = [...gateways.values()];
    const sent: Promise<Told>[] = [];
    const since = performance.now();
    stored = [];
    for (let due = 0; due < perSecond * seconds; ) {
      const now = performance.now();
      for (; due < perSecond * seconds && since + (due * 1000) / perSecond <= now; due += 1) {
        const gateway = all[due % all.length];
        if (gateway !== undefined) sent.push(look(gateway));
      }
      await sleep(1);
    }
    // What a server cannot take in time is no part of what it can take.
    await Promise.race([Promise.all(sent), sleep(overdueMs)]);
    const told = (await Promise.all(sent.map((each) => Promise.race([each, undefined])))).filter((each) => each !== undefined);
    return delivered(told, since);
  },

  /** Each gateway looks again as soon as its last look is confirmed. */
  press: async ({ seconds }: { seconds: number }): Promise<Delivered> => {
    const since = performance.now();
    const told: Told[] = [];
    stored = [];
    await Promise.all(
      [...gateways.values()].map(async (gateway) => {
        while (performance.now() < since + seconds * 1000) told.push(await look(gateway));
      }),
    );
    return delivered(told, since);
  },
};

const { tell } = serve(tasks);

async function arrive(canteen: string): Promise<void> {
  if (reached === undefined) throw new Error('it is not said where to connect');
  const known = gateways.get(canteen);
  const gateway: Gateway = known ?? { canteen, tells: createCanteenTells(canteen, Math.random), connection: undefined, unstored: [] };
  gateways.set(canteen, gateway);
  const { port, keys, acknowledges } = reached;
  gateway.connection = await connect({
    ...{ port, username: canteen, password: keys[canteen] ?? '', will: gateway.tells.status(Date.now(), false) },
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

async function look(gateway: Gateway): Promise<Told> {
  const told = gateway.tells.look(Date.now());
  if (told.changed !== undefined && reached?.acknowledges)
    tell({ canteen: gateway.canteen, ...told.changed, at: Date.now() } satisfies Changed);
  await publish(gateway, told);
  return told;
}

/** Resolves when the broker has confirmed it and, where it has to be, it is stored. */
async function publish(gateway: Gateway, told: Told): Promise<void> {
  const { connection, unstored } = gateway;
  if (connection === undefined) throw new Error(`${gateway.canteen} is not connected`);
  const at = performance.now();
  const { sequence } = told;
  const confirmed = connection.publish(told.topic, told.payload);
  if (sequence === undefined) return confirmed;
  if (!reached?.acknowledges) return confirmed.then(() => void stored.push(performance.now() - at));
  const { promise, resolve } = Promise.withResolvers<void>();
  unstored.push({ sequence, at, stored: resolve });
  await confirmed;
  await promise;
}

function acknowledged({ unstored }: Gateway, { sequence }: { sequence: number }): void {
  const now = performance.now();
  while (unstored[0] !== undefined && unstored[0].sequence <= sequence) {
    const message = unstored.shift();
    stored.push(now - (message?.at ?? now));
    message?.stored();
  }
}

function delivered(told: Told[], since: number): Delivered {
  const facts = told.reduce((sum, each) => sum + each.facts, 0);
  return { messages: told.length, facts, seconds: (performance.now() - since) / 1000, latency: latencies(stored) };
}
