// MQTT packets made by hand and a bare socket to send them over: for clients that are less polite than any library.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Nothing is read from it unless the test asks for it. */
export async function connectBare(port: number, ...packets: Buffer[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const packet of packets) socket.write(packet);
  return socket;
}

/** Resolves when the other end has hung up, however rudely. */
export function hungUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
}

/** CONNECT with a clean session, a user name and a password. */
export function hello(
  user: string,
  key: string,
  about: {
    protocolVersion?: number | undefined;
    clientId?: string;
    keepaliveSeconds?: number;
    will?: { topic: string; bytes: number };
  } = {},
): Buffer {
  const { protocolVersion = 4, clientId = 'c', keepaliveSeconds = 60, will } = about;
  const flags = 0b1100_0010 | (will === undefined ? 0 : 0b0000_0100);
  const head = [text('MQTT'), Buffer.from([protocolVersion, flags, keepaliveSeconds >> 8, keepaliveSeconds & 0xff])];
  const lastWill = will === undefined ? [] : [text(will.topic), text('x'.repeat(will.bytes))];
  return packet(0x10, ...head, text(clientId), ...lastWill, text(user), text(key));
}

/** PUBLISH with QoS 0: nobody confirms it. */
export function write(topic: string, payload = Buffer.from('x')): Buffer {
  return packet(0x30, text(topic), payload);
}

/** SUBSCRIBE with QoS 1. */
export function subscribe(...topics: string[]): Buffer {
  return packet(0x82, Buffer.from([0, 1]), ...topics.flatMap((topic) => [text(topic), Buffer.from([1])]));
}

/** Type, length in groups of seven bits, lowest first, and body [MQTT-2.2.3]. */
function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; length.length === 0 || left > 0; left = Math.floor(left / 128))
    length.push((left % 128) | (left > 127 ? 128 : 0));
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
