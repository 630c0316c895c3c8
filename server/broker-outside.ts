// The server as a client of an MQTT broker outside of it, which has to keep each gateway to its own topics.
import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type IPublishPacket } from 'mqtt';
import type { Logger } from 'pino';
import { isUp, parseTopic, topic, upTopics } from '#contract/topics.ts';
import type { Broker, UpMessage } from './broker.ts';
import { createOccasional } from './occasional.ts';

const keepaliveSeconds = 20;
const connectWithinMs = 10_000;
const reconnectAfterMs = 2_000;
const payloadBytesMax = 2 * 1024 * 1024;
const group = 'mingzao';
/** A broker that has fallen silent confirms nothing any more. */
const farewellMs = 3_000;
const gatewayHeardForMs = 90_000;

export interface OutsideBroker extends Broker {
  /** Whether what comes in can be stored. Where servers share it, one that cannot leaves all to the others, and hears nothing meanwhile. */
  able(can: boolean): void;
}

/**
 * Connects, and connects again whenever it must, until it is closed. That the broker confirms a message to a gateway means nothing about storage:
 * only `ack` does. What cannot be stored is therefore only told in the log; its gateway sends it again.
 */
export function createOutsideBroker(deps: {
  /** mqtt:// or mqtts://user@host:port */
  url: string;
  password?: string;
  /** Several servers share what comes in: each message goes to one of them. */
  shared: boolean;
  /** Why nothing is taken in for this canteen, if so. */
  refuses: (canteen: string) => string | undefined;
  onMessage: (message: UpMessage) => Promise<void>;
  /** Told of each message that is not taken in. */
  onRefused?: (reason: string) => void;
  /** The broker may have forgotten what was said before. */
  onConnect: () => void;
  log: Logger;
  now: () => number;
}): OutsideBroker {
  const { url, password, shared, refuses, onMessage, onRefused, onConnect, log, now } = deps;
  const heardAt = new Map<string, number>();
  const worthALine = createOccasional();
  const unconfirmed = new Set<() => void>();
  const names = [...upTopics.filter((kind) => kind !== 'evidence').map((kind) => topic('+', kind)), 'mz/v1/+/evidence/+'];
  const filters = names.map((name) => (shared ? `$share/${group}/${name}` : name));
  let hearing = false;
  let able = true;
  let reason: string | undefined;

  const client = mqtt.connect(url, {
    ...{ protocolVersion: 4, clientId: `mingzao-server-${crypto.randomUUID()}`, clean: true, resubscribe: false },
    ...{ keepalive: keepaliveSeconds, connectTimeout: connectWithinMs, reconnectPeriod: reconnectAfterMs },
    ...(password !== undefined && { password }),
  });
  // Reading never waits for storing: what the broker confirms comes on the same line, and storing ends with words that it has to confirm.
  client.on('message', (_name, _payload, packet) => take(packet));
  client.on('connect', () => void begin());
  client.on('close', () => {
    // The library keeps what was not confirmed, and answers for it only when the broker is back.
    for (const resolve of unconfirmed) resolve();
    unconfirmed.clear();
    if (hearing) log.error({ broker: url, reason }, 'the connection to the MQTT broker is lost: no gateway can be heard until it is back');
    hearing = false;
  });
  client.on('error', ({ message }) => {
    if (message !== reason) log.error({ broker: url, reason: message }, 'no connection to the MQTT broker; it is tried again');
    reason = message;
  });

  return {
    address: url,
    hearing: () => hearing,
    connections: () => [...heardAt.values()].filter((at) => now() - at < gatewayHeardForMs).length,
    publish: async (to, message, { retain } = { retain: true }) => {
      // Said again when the connection is back; until then it would only fill memory.
      if (!client.connected) return;
      await new Promise<void>((resolve) => {
        unconfirmed.add(resolve);
        client.publish(to, JSON.stringify(message), { qos: 1, retain }, (err) => {
          if (err) log.error({ err, topic: to }, 'a message could not be published');
          unconfirmed.delete(resolve);
          resolve();
        });
      });
    },
    able: (can) => {
      if (!shared || can === able) return;
      able = can;
      if (!can) log.warn({ broker: url }, 'nothing can be stored: what gateways tell is left to the other servers');
      // Otherwise it begins as it should when the connection is back.
      if (!client.connected) return;
      if (can) return void subscribe();
      hearing = false;
      client.unsubscribe(filters);
    },
    close: async () => {
      const farewell = new AbortController();
      const tooLong = delay(farewellMs, undefined, { signal: farewell.signal }).catch(() => undefined);
      await Promise.race([client.endAsync(!client.connected), tooLong]);
      farewell.abort();
      client.stream.destroy();
    },
  };

  async function begin(): Promise<void> {
    if (able && !(await subscribe())) return;
    log.info({ broker: url, shared }, 'connected to the MQTT broker');
    onConnect();
  }

  /** Gives whether that was allowed. */
  async function subscribe(): Promise<boolean> {
    try {
      await client.subscribeAsync(filters, { qos: 1 }); // rejected where any is refused [MQTT-3.9.3-1]
      hearing = able;
      reason = undefined;
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== reason) log.error({ broker: url, reason: why }, 'what gateways write cannot be subscribed to; it is tried again');
      reason = why;
      client.stream.destroy(); // the client waits, then connects anew
      return false;
    }
  }

  function take({ topic: name, payload, retain }: IPublishPacket): void {
    const from = parseTopic(name);
    // What is retained was said some time or other: it would make a gateway heard that is not there.
    if (retain || from === undefined || !isUp(from.kind)) return;
    const { canteen, kind } = from;
    const wrong = refuses(canteen) ?? (payload.length > payloadBytesMax ? 'it is larger than 2 MiB' : undefined);
    if (wrong !== undefined) return void tell(canteen, wrong);
    heardAt.set(canteen, now());
    const message = { canteen, kind, topic: name, payload: Buffer.from(payload), receivedAt: now() };
    onMessage(message).catch((error: Error) => tell(canteen, error.message));
  }

  function tell(canteen: string, why: string): void {
    onRefused?.(why);
    const count = worthALine(`${canteen} ${why}`);
    if (count !== undefined) log.warn({ canteen, reason: why, count }, 'a message from the MQTT broker was not taken in');
  }
}
