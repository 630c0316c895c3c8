// The MQTT broker inside the server: who may connect, what each may write and read, and nothing a bad client does that hurts another.
import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AuthenticateError, type AuthenticateHandler, type Client } from 'aedes';
import type { Logger } from 'pino';
import { downTopics, isUp, parseTopic, type UpTopic } from '#contract/topics.ts';
import { ServerError } from './errors.ts';
import { createHoldBack, type Sender } from './hold-back.ts';
import { canteenNamed } from './identity/gateway-certificate.ts';
import { createMutualTlsServer, type MutualTls } from './mutual-tls.ts';
import { createOccasional } from './occasional.ts';
import { trackSockets } from './open-sockets.ts';
import { limitPackets } from './packet-limit.ts';
import { createStrangers } from './strangers.ts';
import { limitUnread } from './unread-limit.ts';

/** What a gateway sent, from a sender that was allowed to send it. */
export interface UpMessage {
  canteen: string;
  /** Of the certificate its sender came in with, where that was seen here. */
  serial?: string | undefined;
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

/** A gateway that is there. */
export interface Session {
  canteen: string;
  /** The serial number of the certificate it came in with; it has none where it came in with a key. */
  serial?: string;
  /** When that expires, milliseconds since 1970. */
  notAfter?: number;
  /** The IP address it comes from. */
  from: string;
}

export interface EmbeddedBroker extends Broker {
  port: number;
  /** Where gateways come in with a certificate: mqtts://host:port */
  secureAddress?: string;
  /** Ends every session for which `over` gives a reason; the reason is logged. */
  end(over: (session: Session) => string | undefined): void;
}

const packetBytesMax = 2 * 1024 * 1024;
/** The largest retained message, and some acknowledgements. */
const unreadBytesMax = 1024 * 1024;
/** A last will is kept as long as the connection lives. */
const willBytesMax = 16 * 1024;
/** Connections that have not said who they are: how many at once, as each may have a TLS handshake before it, and for how long. */
const usualStrangers = { max: 2_000, withinMs: 10_000 };
/** A day's backlog is a few megabytes: a gateway that sends more is held back, and all others are not. */
const senderLimits = { perSecond: 1_000_000, burst: 16_000_000, unstoredBytesMax: 2 * packetBytesMax };
/** There are four topics to read. */
const refusedSubscriptionsMax = 20;
const connectionsMax = 10_000;
const clientIdLengthMax = 128;
const keepaliveSecondsMax = 300;
const badUserNameOrPassword = 4; // [MQTT-3.2.2-4], table 3.1
const notAuthorized = 5;

/**
 * Listens at `listen` for gateways with a key and, where it is given, at `mutualTls.listen` for those with a certificate; port 0 takes any free one.
 * `onMessage` resolves when the message is stored: only then is it confirmed to the sender, and until then nothing more is read from it. Rejected, the
 * sender is disconnected and keeps the message. Throws ServerError `address-taken`.
 */
export async function createBroker(deps: {
  listen: { host: string; port: number };
  accounts: Account[];
  mutualTls?: MutualTls;
  /** Two gateways of one canteen at once, or one whose old connection is still half there: the older session was ended. Called the 1st, 10th, 100th… time. */
  onReplaced?: (older: Session, newer: Session) => void;
  onMessage: (message: UpMessage) => Promise<void>;
  /** Connections that have not said who they are: how many at once, and for how long. */
  strangerLimits?: typeof usualStrangers;
  /** Told once of each client that is refused or cut off. */
  onRefused?: (reason: string) => void;
  log: Logger;
  now: () => number;
}): Promise<EmbeddedBroker> {
  const { listen, accounts, mutualTls, onReplaced, strangerLimits = usualStrangers, onMessage, onRefused, log, now } = deps;
  const keys = new Map(accounts.map(({ canteen, keySha256 }) => [canteen, keySha256]));
  const certificateOf = new WeakMap<Client, X509Certificate>();
  const sessionOf = new WeakMap<Client, Session>();
  const sessions = new Map<string, Client>();
  const refused = new WeakSet<Client>();
  const refusals = new WeakMap<Client, number>();
  const strangers = createStrangers(strangerLimits.max);
  const holdBack = createHoldBack(senderLimits);
  const senders = new WeakMap<Client, Sender>();
  const worthALine = createOccasional();

  const aedes = await Aedes.createBroker({
    connectTimeout: strangerLimits.withinMs,
    keepaliveLimit: keepaliveSecondsMax,
    maxTopicLevels: 8,
    preConnect: (client, packet, done) => {
      // A canteen has one gateway: whatever its client calls itself, a second session of it replaces the first [MQTT-3.1.4-2], and no other's.
      const certificate = certificateOf.get(client);
      const claimed = certificate === undefined ? packet.username : canteenNamed(certificate);
      packet.clientId = claimed?.slice(0, clientIdLengthMax) || crypto.randomUUID();
      // Nothing is remembered for a client that is away: what it must find again is retained.
      packet.clean = true;
      if ((packet.will?.payload.length ?? 0) > willBytesMax) return done(new Error('its last will is too long'), false);
      done(null, client.conn.writable);
    },
    authenticate: (client, username, password, done) => {
      const certificate = certificateOf.get(client);
      if (certificate !== undefined) return void admit(client, certificate, done);
      if (username !== undefined && opens(keys.get(username), password)) {
        welcome(client, { canteen: username, from: addressOf(client) });
        return done(null, true);
      }
      tell(client, username === undefined || !keys.has(username) ? 'no canteen of this name' : 'wrong key', {
        username: username?.slice(0, 64),
      });
      done(Object.assign(new Error('wrong canteen or key'), { returnCode: badUserNameOrPassword }) satisfies AuthenticateError, false);
    },
    authorizePublish: (client, packet, done) => {
      const { canteen, serial } = (client !== null && sessionOf.get(client)) || {};
      const to = parseTopic(packet.topic);
      if (client === null || canteen === undefined || to?.canteen !== canteen || !isUp(to.kind)) {
        tell(client, 'it may not write here', { topic: packet.topic.slice(0, 200) });
        return done(new Error('it may not write here'));
      }
      // Whoever reads these is this process, now: keeping them would only fill memory.
      packet.retain = false;
      const message = { canteen, serial, kind: to.kind, topic: packet.topic, payload: Buffer.from(packet.payload), receivedAt: now() };
      holdBack({
        sender: senders.get(client) ?? asSender(client),
        key: canteen,
        bytes: message.payload.length,
        store: () => onMessage(message),
      }).then(
        () => done(null),
        (error: Error) => done(error),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      const allowed = mayRead(client, subscription.topic);
      if (!allowed) tell(client, 'it may not read here', { topic: subscription.topic.slice(0, 200) });
      const refused = (refusals.get(client) ?? 0) + (allowed ? 0 : 1);
      refusals.set(client, refused);
      if (refused > refusedSubscriptionsMax) return done(new Error('it goes on asking for what it may not read'));
      done(null, allowed ? subscription : null); // null: SUBACK with the failure code [MQTT-3.9.3-2]
    },
    authorizeForward: (client, packet) => (mayRead(client, packet.topic) ? packet : null),
  });

  aedes.on('clientError', (client, error) => tell(client, error.message));
  aedes.on('connectionError', (client, error) => tell(client, error.message));
  aedes.on('client', (client) => {
    const session = sessionOf.get(client);
    if (session !== undefined) sessions.set(session.canteen, client);
  });
  aedes.on('clientDisconnect', (client) => {
    const canteen = sessionOf.get(client)?.canteen ?? '';
    if (sessions.get(canteen) === client) sessions.delete(canteen);
  });

  aedes.on('clientReady', ({ conn }) => strangers.recognise(conn as Socket));

  const take = (socket: Socket): Client => {
    limitPackets(socket, packetBytesMax);
    limitUnread(socket, unreadBytesMax);
    return aedes.handle(socket);
  };
  const listeners: { server: Server; endSockets: () => void }[] = [];
  const close = async () => {
    const closed = listeners.map(({ server }) => once(server, 'close'));
    for (const { server } of listeners) server.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const { endSockets } of listeners) endSockets();
    await Promise.all(closed);
  };
  const open = async (server: Server, at: typeof listen): Promise<number> => {
    server.maxConnections = connectionsMax;
    const endSockets = trackSockets(server);
    server.on('connection', strangers.meet);
    try {
      const port = await listenAt(server, at);
      listeners.push({ server, endSockets });
      return port;
    } catch (error) {
      await close();
      throw error;
    }
  };
  const port = await open(createServer(take), listen);
  const secureAddress = mutualTls && `mqtts://${mutualTls.listen.host}:${await open(secureServer(mutualTls), mutualTls.listen)}`;

  return {
    port,
    address: `mqtt://${listen.host}:${port}`,
    ...(secureAddress !== undefined && { secureAddress }),
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
    end: (over) => {
      for (const client of sessions.values()) {
        const session = sessionOf.get(client);
        const reason = session && over(session);
        if (reason === undefined) continue;
        log.warn({ canteen: session?.canteen, from: session?.from, reason }, 'the session of a gateway was ended');
        client.close();
      }
    },
    close,
  };

  function secureServer(about: MutualTls): Server {
    return createMutualTlsServer(about, {
      socket: (socket, certificate) => void certificateOf.set(take(socket), certificate),
      refused: (reason, from) => tell(null, reason, { from }),
    });
  }

  async function admit(client: Client, certificate: X509Certificate, done: Parameters<AuthenticateHandler>[3]): Promise<void> {
    const admission = (await mutualTls?.admit(certificate)) ?? { kind: 'refused' as const, reason: 'certificates are not taken here' };
    if (admission.kind === 'admitted') {
      const { kind: _, ...about } = admission;
      welcome(client, { ...about, from: addressOf(client) });
      return done(null, true);
    }
    tell(client, admission.reason, { canteen: admission.canteen, from: addressOf(client) });
    done(Object.assign(new Error(admission.reason), { returnCode: notAuthorized }) satisfies AuthenticateError, false);
  }

  function welcome(client: Client, session: Session): void {
    sessionOf.set(client, session);
    senders.set(client, asSender(client));
    const older = sessions.get(session.canteen);
    const replaced = older && sessionOf.get(older);
    if (replaced === undefined) return;
    const count = worthALine(`${session.canteen} replaced`);
    if (count === undefined) return;
    log.warn(
      { canteen: session.canteen, from: replaced.from, by: session.from, count },
      'a second session of a gateway replaced the first',
    );
    onReplaced?.(replaced, session);
  }

  function mayRead(client: Client, topic: string): boolean {
    const from = parseTopic(topic);
    return from !== undefined && from.canteen === sessionOf.get(client)?.canteen && downTopics.some((down) => down === from.kind);
  }

  function tell(client: Client | null, reason: string, about: object = {}): void {
    if (client === null || !refused.has(client)) onRefused?.(reason);
    if (client !== null) refused.add(client);
    const canteen = client === null ? undefined : sessionOf.get(client)?.canteen;
    const count = worthALine(`${canteen} ${reason}`);
    if (count !== undefined) log.warn({ canteen, ...about, reason, count }, 'an MQTT client was refused');
  }
}

/**
 * The broker's library counts the packets of what it has read, and not those that end while it is paused: without beginning anew it would read
 * nothing more of a client that sent several at once.
 */
function asSender(client: Client): Sender {
  const reading = client as Client & Sender & { _parsingBatch: number };
  return {
    pause: () => reading.pause(),
    resume: () => {
      reading._parsingBatch = 0;
      reading.resume();
    },
  };
}

function addressOf({ conn }: Client): string {
  return ('remoteAddress' in conn && conn.remoteAddress) || 'unknown';
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
