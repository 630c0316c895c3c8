// One MQTT connection, from connecting to its end; it never connects again by itself.
import mqtt, { ErrorWithReasonCode, type IClientOptions, type MqttClient } from 'mqtt';
import type { Identity } from '../identity/identity-file.ts';

export interface Link {
  /** Fires when the connection is gone, with the reason, or when it is asked to end. */
  readonly ended: AbortSignal;
  /** QoS 1: resolves when the broker has taken it, rejects when the connection is gone, or soon after it was asked to end. */
  publish(topic: string, message: object, options?: { retain: boolean }): Promise<void>;
  /** The same with bytes as they are. */
  publishBytes(topic: string, bytes: Uint8Array): Promise<void>;
  /** QoS 1. Rejects where the broker refuses one of them. */
  subscribe(topics: string[]): Promise<void>;
  /** Says goodbye where that is still possible. Never rejects. */
  close(): Promise<void>;
}

export interface LinkOptions {
  /** mqtt:// or mqtts://host:port. */
  url: string;
  /** User name and client id: a new connection ends a half-dead older one of the same gateway. */
  canteen: string;
  credentials: Credentials;
  /** Published by the broker, retained, when the connection ends without a goodbye [MQTT-3.1.2-8]. */
  will: { topic: string; message: object };
  onMessage(topic: string, payload: Uint8Array): void;
}

/** A key the server knows this gateway by, or a certificate of its authority, by which each knows the other. */
export type Credentials = { kind: 'key'; key: string } | ({ kind: 'certificate' } & Identity);

/** A link that says nothing for one and a half times this is dead [MQTT-3.1.2-24]. */
const keepaliveSeconds = 20;
const connectTimeoutMs = 10_000;
const goodbyeMs = 2000;
/** [MQTT-3.2.2-4], table 3.1. */
const notAuthorized = 5;
const notLetIn =
  'the server does not let this gateway in: its certificate was revoked or replaced, or its canteen withdrawn. If that is a mistake, a new claim code is needed';

/** Rejects, saying why, where no connection comes about. */
export async function connect(options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const client = mqtt.connect(options.url, settings(options));
  const gone = endOf(client);
  client.on('message', options.onMessage);
  const link = createLink(client, gone, AbortSignal.any([signal, gone]));
  try {
    await orEnded(new Promise<void>((resolve) => client.once('connect', () => resolve())), link.ended);
  } catch (error) {
    await link.close();
    throw error;
  }
  return link;
}

function createLink(client: MqttClient, gone: AbortSignal, ended: AbortSignal): Link {
  const given = AbortSignal.any([gone, longAfter(ended)]);
  return {
    ended,
    async publish(topic, message, { retain } = { retain: false }) {
      await orEnded(client.publishAsync(topic, JSON.stringify(message), { qos: 1, retain }), given);
    },
    async publishBytes(topic, bytes) {
      await orEnded(client.publishAsync(topic, Buffer.from(bytes), { qos: 1 }), given);
    },
    async subscribe(topics) {
      const granted = await orEnded(client.subscribeAsync(topics, { qos: 1 }), given);
      const refused = granted.filter(({ qos }) => Number(qos) === 128); // [MQTT-3.9.3-1]
      if (refused.length > 0) throw new Error(`the broker refuses ${refused.map(({ topic }) => topic).join(', ')}`);
    },
    async close() {
      const forced = gone.aborted || !client.connected;
      // It waits until everything sent is confirmed, and cannot be told otherwise once it does.
      const hurry = Promise.withResolvers<void>();
      const late = setTimeout(hurry.resolve, goodbyeMs);
      await Promise.race([client.endAsync(forced).catch(() => undefined), hurry.promise]);
      clearTimeout(late);
      client.stream.destroy();
    },
  };
}

function settings({ canteen, credentials, will }: LinkOptions): IClientOptions {
  return {
    ...proof(credentials),
    protocolVersion: 4,
    clientId: canteen,
    username: canteen,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0, // when to connect again is the uplink's to say
    will: { topic: will.topic, payload: Buffer.from(JSON.stringify(will.message)), qos: 1, retain: true },
  };
}

function proof(credentials: Credentials): IClientOptions {
  if (credentials.kind === 'key') return { password: credentials.key };
  const { key, certificate, authority } = credentials;
  return { key, cert: certificate, ca: authority };
}

function endOf(client: MqttClient): AbortSignal {
  const gone = new AbortController();
  let reason = new Error('the connection was closed');
  client.on('error', (error) => {
    reason = error instanceof ErrorWithReasonCode && error.code === notAuthorized ? new Error(notLetIn, { cause: error }) : error;
  });
  client.once('close', () => gone.abort(reason));
  return gone.signal;
}

/** Once it is asked to end, a line on which nothing arrives is not waited for until it is found dead. */
function longAfter(ended: AbortSignal): AbortSignal {
  const late = new AbortController();
  const giveUp = () => late.abort(new Error('the server did not answer before the gateway stopped'));
  ended.addEventListener('abort', () => setTimeout(giveUp, goodbyeMs).unref(), { once: true });
  return late.signal;
}

/** mqtt.js keeps what it could not send and never answers for it; here it fails as soon as the connection has. */
async function orEnded<Value>(work: Promise<Value>, ended: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = () => reject(ended.reason);
  if (ended.aborted) fail();
  ended.addEventListener('abort', fail, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    ended.removeEventListener('abort', fail);
  }
}
