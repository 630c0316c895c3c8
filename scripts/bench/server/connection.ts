// One gateway's MQTT connection, as light as it can be, so that a load generator takes little of the machine from the server it loads.
import { once } from 'node:events';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { generate, type IPublishPacket, parser } from 'mqtt-packet';

export interface Connection {
  /** Resolves when the broker has confirmed it; rejects when the connection ends before. */
  publish(topic: string, payload: string): Promise<void>;
  /** As a cable that is cut. */
  cut(): void;
}

export interface Reached {
  port: number;
  clientId: string;
  tls: SecureContext;
}

/** Connects and subscribes to `topics`; rejects where the broker refuses. */
export async function connect(
  about: Reached & { topics: string[]; will?: { topic: string; payload: string }; onPublish(topic: string, payload: Buffer): void },
): Promise<Connection> {
  const { port, clientId, tls, topics, onPublish } = about;
  const socket = connectTls({ host: '127.0.0.1', port, secureContext: tls, servername: 'localhost' }).setNoDelay();
  const confirmed = new Map<number, { resolve(): void; reject(error: Error): void }>();
  const answers = parser();
  const greeted = Promise.withResolvers<void>();
  let lastId = 0;

  const confirm = (id: number | undefined) => {
    const waiting = confirmed.get(id ?? 0);
    confirmed.delete(id ?? 0);
    waiting?.resolve();
  };
  const received = (packet: IPublishPacket) => {
    if (packet.qos > 0) socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
    onPublish(packet.topic, packet.payload as Buffer);
  };
  const ended = (error = new Error('the connection has ended')) => {
    greeted.reject(error);
    for (const { reject } of confirmed.values()) reject(error);
    confirmed.clear();
  };
  answers.on('packet', (packet) => {
    if (packet.cmd === 'publish') received(packet);
    else if (packet.cmd === 'puback' || packet.cmd === 'suback') confirm(packet.messageId);
    else if (packet.cmd === 'connack')
      packet.returnCode === 0 ? greeted.resolve() : greeted.reject(new Error(`refused with code ${packet.returnCode}`));
  });
  socket.on('data', (chunk) => answers.parse(chunk));
  socket.on('error', ended);
  socket.on('close', () => ended());

  const send = (make: (messageId: number) => Buffer): Promise<void> => {
    lastId = (lastId % 65_535) + 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    confirmed.set(lastId, { resolve, reject });
    socket.write(make(lastId));
    return promise;
  };

  await once(socket, 'secureConnect');
  const will = about.will && { topic: about.will.topic, payload: Buffer.from(about.will.payload), qos: 1 as const, retain: false };
  socket.write(generate({ cmd: 'connect', clientId, clean: true, keepalive: 60, ...(will && { will }) }));
  await greeted.promise;
  if (topics.length > 0)
    await send((messageId) => generate({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) }));
  return {
    publish: (topic, payload) =>
      send((messageId) => generate({ cmd: 'publish', messageId, topic, payload, qos: 1, retain: false, dup: false })),
    cut: () => socket.destroy(),
  };
}
