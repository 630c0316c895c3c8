// One RTSP connection to a device: asks, signs by digest, and gives the packets that come between the answers. Bounded in bytes and by a signal.

import { connect, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { DeviceError } from '../onvif/device-error.ts';
import { type Credentials, type DigestChallenge, digestAuthorization, parseDigestChallenge } from '../onvif/http-digest.ts';
import { asTransportError } from '../onvif/transport.ts';
import { createRtspReader, type Heard, type RtspReply } from './rtsp-reader.ts';

export interface RtspConnection {
  /** Asks, and answers a challenge once. Throws DeviceError where no answer comes or the password is refused; every other status is an answer. */
  request(method: string, url: string, headers?: Record<string, string>): Promise<RtspReply>;
  /** The next packet of that interleaving channel. Throws DeviceError where none comes any more. */
  packet(channel: number): Promise<Buffer>;
  close(): void;
}

/** Everything received on one connection together: some thirty large pictures. */
const receivedBytesMax = 32 * 1024 * 1024;

/** Ahead of an answer: a device that sends more than these plays without being asked to. */
const earlyPacketsMax = 4096;

type Packet = Heard & { kind: 'packet' };

/** Connects with the first request. After `signal` every call throws. */
export function openRtsp(
  address: URL,
  { credentials, signal }: { credentials: Credentials | undefined; signal: AbortSignal },
): RtspConnection {
  const socket = connect({ host: address.hostname.replace(/^\[|\]$/g, ''), port: Number(address.port || '554') });
  const messages = heardFrom(socket, signal);
  const early: Packet[] = []; // some devices send the first packets ahead of the answer to PLAY
  let sequence = 0;
  let digest: { challenge: DigestChallenge; count: number } | undefined;

  const next = async (): Promise<Heard> => {
    const { done, value } = await messages.next();
    if (done === true) throw new DeviceError('truncated', 'the device ended the connection');
    return value;
  };

  const ask = async (method: string, url: string, headers: Record<string, string>): Promise<RtspReply> => {
    sequence += 1;
    const lines = { CSeq: String(sequence), 'User-Agent': 'mingzao', ...authorization(method, url), ...headers };
    socket.write(
      `${method} ${url} RTSP/1.0\r\n${Object.entries(lines)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    );
    for (;;) {
      const heard = await next();
      if (heard.kind === 'packet') early.push(heard);
      if (early.length > earlyPacketsMax) throw new DeviceError('malformed', `${earlyPacketsMax} packets came, and no answer to ${method}`);
      // An answer to nothing we asked last, or asked at all; devices that leave the number out mean the last one.
      if (heard.kind === 'reply' && Number(heard.reply.headers.get('cseq')?.[0] ?? sequence) === sequence) return heard.reply;
    }
  };

  const authorization = (method: string, target: string): Record<string, string> => {
    if (digest === undefined || credentials === undefined) return {};
    digest.count += 1;
    return { Authorization: digestAuthorization({ ...digest, credentials, method, target }) };
  };

  return {
    async request(method, url, headers = {}) {
      const first = await ask(method, url, headers);
      if (first.status !== 401) return first;
      const challenge = parseDigestChallenge(first.headers.get('www-authenticate') ?? []);
      const isAnswerable = credentials !== undefined && challenge !== undefined && (digest === undefined || challenge.stale === true);
      if (!isAnswerable) throw refused(credentials === undefined ? 'and none are configured' : 'and does not take ours');
      digest = { challenge, count: 0 };
      const second = await ask(method, url, headers);
      if (second.status === 401) throw refused('and does not take ours');
      return second;
    },
    async packet(channel) {
      for (;;) {
        const heard = early.shift() ?? (await next());
        if (heard.kind === 'packet' && heard.channel === channel) return heard.bytes;
      }
    },
    close: () => socket.destroy(),
  };
}

function refused(why: string): DeviceError {
  return new DeviceError('credentials-refused', `RTSP: the device asks for a user name and password, ${why}`);
}

/** Reads only as fast as it is asked, so that a recorder without rate control does not fill our memory. Throws DeviceError. */
async function* heardFrom(socket: Socket, signal: AbortSignal): AsyncGenerator<Heard, undefined> {
  const read = createRtspReader();
  let connected = false;
  socket.on('connect', () => {
    connected = true;
  });
  try {
    for await (const chunk of addAbortSignal(signal, socket)) {
      if (socket.bytesRead > receivedBytesMax) throw new DeviceError('too-large', `more than ${receivedBytesMax} bytes came`);
      yield* read(chunk);
    }
    return undefined;
  } catch (thrown) {
    if (!signal.aborted) throw asTransportError(thrown, { received: () => socket.bytesRead });
    if (socket.bytesRead > 0) throw new DeviceError('too-slow', `RTSP: not answered in time, ${socket.bytesRead} bytes had come`);
    throw new DeviceError('no-answer', connected ? 'RTSP: the connection was taken, and then nothing said' : 'RTSP: nothing came back');
  }
}
