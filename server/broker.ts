// The MQTT broker inside the server: who may connect, what each may write and read, and nothing a bad client does that hurts another.
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import type { Logger } from 'pino';
import { downTopics, isUp, parseTopic, type UpTopic } from '#contract/topics.ts';
import { ServerError } from './errors.ts';
import { createOccasional } from './occasional.ts';
import { limitPackets } from './packet-limit.ts';

/** What a gateway sent, from a sender that was allowed to send it. */
export interface UpMessage {
  canteen: string;
  kind: UpTopic;
  topic: string;
  payload: Buffer;
  /** Milliseconds since 1970, by the server's clock. */
  receivedAt: number;
}

/**
 * Sends a message down, as JSON, QoS 1, retained unless told otherwise: a gateway finds the newest one whenever it connects. Never rejects;
 * a failure is logged.
 */
export type Publish = (topic: string, message: object, options?: { retain: boolean }) => Promise<void>;

export interface Broker {
  /** Where gateways report: mqtt://host:port */
  address: string;
  /** Whether gateways can be heard at all. */
  hearing(): boolean;
  /** Gateways that are there. */
  connections(): number;
  publish: Publish;
  close(): Promise<void>;
}

export interface Account {
  canteen: string;
  keySha256: Buffer;
}

const packetBytesMax = 2 * 1024 * 1024;
const connectionsMax = 10_000;
const clientIdLengthMax = 128;
const keepaliveSecondsMax = 300;
const badUserNameOrPassword = 4; // [MQTT-3.2.2-4], table 3.1

/**
 * Listens at `listen`; port 0 takes any free one. `onMessage` resolves when the message is stored: only then is it confirmed to the sender,
 * and until then nothing more is read from it. Rejected, the sender is disconnected and keeps the message.
 * Throws ServerError `address-taken`.
 */
export async function createBroker(deps: {
  listen: { host: string; port: number };
  accounts: Account[];
  onMessage: (message: UpMessage) => Promise<void>;
  /** Told once of each client that is refused or cut off. */
  onRefused?: (reason: string) => void;
  log: Logger;
  now: () => number;
}): Promise<Broker & { port: number }> {
  const { listen, accounts, onMessage, onRefused, log, now } = deps;
  const keys = new Map(accounts.map(({ canteen, keySha256 }) => [canteen, keySha256]));
  const canteenOf = new WeakMap<Client, string>();
  const refused = new WeakSet<Client>();
  const worthALine = createOccasional();

  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    keepaliveLimit: keepaliveSecondsMax,
    maxTopicLevels: 8,
    preConnect: (client, packet, done) => {
      // Two canteens may use the same client id, and must not throw each other off [MQTT-3.1.4-2].
      packet.clientId = `${packet.username ?? ''}/${packet.clientId.slice(0, clientIdLengthMax) || crypto.randomUUID()}`;
      // Nothing is remembered for a client that is away: what it must find again is retained.
      packet.clean = true;
      done(null, client.conn.writable);
    },
    authenticate: (client, username, password, done) => {
      if (username !== undefined && opens(keys.get(username), password)) {
        canteenOf.set(client, username);
        return done(null, true);
      }
      tell(client, username === undefined || !keys.has(username) ? 'no canteen of this name' : 'wrong key', {
        username: username?.slice(0, 64),
      });
      done(Object.assign(new Error('wrong canteen or key'), { returnCode: badUserNameOrPassword }) satisfies AuthenticateError, false);
    },
    authorizePublish: (client, packet, done) => {
      const canteen = client === null ? undefined : canteenOf.get(client);
      const to = parseTopic(packet.topic);
      if (client === null || canteen === undefined || to?.canteen !== canteen || !isUp(to.kind)) {
        tell(client, 'it may not write here', { topic: packet.topic.slice(0, 200) });
        return done(new Error('it may not write here'));
      }
      // Whoever reads these is this process, now: keeping them would only fill memory.
      packet.retain = false;
      onMessage({ canteen, kind: to.kind, topic: packet.topic, payload: Buffer.from(packet.payload), receivedAt: now() }).then(
        () => done(null),
        (error: Error) => done(error),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      const allowed = mayRead(client, subscription.topic);
      if (!allowed) tell(client, 'it may not read here', { topic: subscription.topic.slice(0, 200) });
      done(null, allowed ? subscription : null); // null: SUBACK with the failure code [MQTT-3.9.3-2]
    },
    authorizeForward: (client, packet) => (mayRead(client, packet.topic) ? packet : null),
  });

  aedes.on('clientError', (client, error) => tell(client, error.message));
  aedes.on('connectionError', (client, error) => tell(client, error.message));

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    limitPackets(socket, packetBytesMax);
    aedes.handle(socket);
  });
  server.maxConnections = connectionsMax;
  const closeAedes = () => new Promise<void>((resolve) => aedes.close(resolve));
  const port = await listenAt(server, listen).catch(async (error: unknown) => {
    await closeAedes();
    throw error;
  });

  return {
    port,
    address: `mqtt://${listen.host}:${port}`,
    hearing: () => true,
    connections: () => aedes.connectedClients,
    publish: (topic, message, { retain } = { retain: true }) =>
      new Promise((resolve) => {
        const packet = { cmd: 'publish', topic, payload: JSON.stringify(message), qos: 1, retain, dup: false } as const;
        aedes.publish(packet, (err) => {
          if (err) log.error({ err, topic }, 'a message could not be published');
          resolve();
        });
      }),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closeAedes();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };

  function mayRead(client: Client, topic: string): boolean {
    const from = parseTopic(topic);
    return from !== undefined && from.canteen === canteenOf.get(client) && downTopics.some((down) => down === from.kind);
  }

  function tell(client: Client | null, reason: string, about: object = {}): void {
    if (client === null || !refused.has(client)) onRefused?.(reason);
    if (client !== null) refused.add(client);
    const canteen = client === null ? undefined : canteenOf.get(client);
    const count = worthALine(`${canteen} ${reason}`);
    if (count !== undefined) log.warn({ canteen, ...about, reason, count }, 'an MQTT client was refused');
  }
}

/** Compares digests, so that the time it takes tells nothing; an unknown canteen is compared as well. */
function opens(keySha256: Buffer | undefined, password: Readonly<Buffer> | undefined): boolean {
  const digest = createHash('sha256')
    .update(password ?? Buffer.alloc(0))
    .digest();
  return timingSafeEqual(digest, keySha256 ?? Buffer.alloc(digest.length)) && keySha256 !== undefined;
}

async function listenAt(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new ServerError('address-taken', `MQTT cannot listen at ${host}:${port} (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
