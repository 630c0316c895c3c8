// How packets reach the client: interleaved in the RTSP connection (RFC 2326 10.12), or by UDP.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { interleavingBytes } from './rtp.ts';

export type TransportRequest =
  | { kind: 'interleaved'; mediaChannel: number; controlChannel: number }
  | { kind: 'udp'; mediaPort: number; controlPort: number };

export interface Transport {
  /** Value of the Transport header in the answer to SETUP. */
  header: string;
  /** The interleaving channel of media packets. */
  channel: number;
  /** Nothing in UDP tells a server to slow down. */
  flowControlled: boolean;
  /** Sends packets, each behind an interleaving header that begins at one of `starts`. */
  sendMedia(bytes: Buffer, starts: readonly number[]): void;
  sendControl(packet: Buffer): void;
  /** False while the client does not take what was sent; then sending more would only fill memory. */
  ready(): boolean;
  close(): void;
}

/** The first of the offers in a Transport header that can be served, or `undefined`. */
export function parseTransport(header: string | undefined): TransportRequest | undefined {
  for (const offer of (header ?? '').split(',')) {
    const [protocol = '', ...parameters] = offer.trim().split(';');
    if (parameters.includes('multicast')) continue;
    if (protocol === 'RTP/AVP/TCP') {
      const [mediaChannel, controlChannel] = numberPair(parameters, 'interleaved', 255) ?? [0, 1];
      return { kind: 'interleaved', mediaChannel, controlChannel };
    }
    const ports = numberPair(parameters, 'client_port', 65_535);
    if ((protocol === 'RTP/AVP' || protocol === 'RTP/AVP/UDP') && ports !== undefined) {
      return { kind: 'udp', mediaPort: ports[0], controlPort: ports[1] };
    }
  }
  return undefined;
}

function numberPair(parameters: string[], name: string, max: number): [number, number] | undefined {
  const value = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  const parts = /=(\d{1,5})(?:-(\d{1,5}))?$/.exec(value ?? '');
  if (parts === null) return undefined;
  const first = Number(parts[1]);
  const second = parts[2] === undefined ? first + 1 : Number(parts[2]);
  return first <= max && second <= max && first !== second ? [first, second] : undefined;
}

/** `onControl` is told whenever the client's reports show that it is still there. */
export async function openTransport(request: TransportRequest, connection: Socket, onControl: () => void): Promise<Transport> {
  return request.kind === 'interleaved' ? openInterleaved(request, connection) : openUdp(request, connection, onControl);
}

function openInterleaved({ mediaChannel, controlChannel }: TransportRequest & { kind: 'interleaved' }, connection: Socket): Transport {
  return {
    header: `RTP/AVP/TCP;unicast;interleaved=${mediaChannel}-${controlChannel}`,
    channel: mediaChannel,
    flowControlled: true,
    sendMedia(bytes) {
      connection.write(bytes);
    },
    sendControl(packet) {
      const header = Buffer.from(['$'.charCodeAt(0), controlChannel, packet.length >> 8, packet.length & 0xff]);
      connection.write(Buffer.concat([header, packet]));
    },
    ready: () => !connection.writableNeedDrain,
    close() {},
  };
}

/** Packets go to the address the request came from, whatever else it asks: a server must not be made to flood others. */
async function openUdp(
  { mediaPort, controlPort }: TransportRequest & { kind: 'udp' },
  connection: Socket,
  onControl: () => void,
): Promise<Transport> {
  const client = connection.remoteAddress;
  const { media, control } = await bindPair(connection.localAddress);
  control.on('message', onControl);
  return {
    header: `RTP/AVP;unicast;client_port=${mediaPort}-${controlPort};server_port=${media.address().port}-${control.address().port}`,
    channel: 0,
    flowControlled: false,
    sendMedia(bytes, starts) {
      starts.forEach((start, index) => {
        media.send(bytes.subarray(start + interleavingBytes, starts[index + 1]), mediaPort, client);
      });
    },
    sendControl(packet) {
      control.send(packet, controlPort, client);
    },
    ready: () => media.getSendQueueSize() < 256 * 1024,
    close() {
      media.close();
      control.close();
    },
  };
}

/** RTP on an even port and RTCP on the next (RFC 3550 section 11), if both are free. */
async function bindPair(address: string | undefined): Promise<{ media: UdpSocket; control: UdpSocket }> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const media = await bind(0, address);
    const { port } = media.address();
    const control = port % 2 === 0 ? await bind(port + 1, address).catch(() => undefined) : undefined;
    if (control !== undefined) return { media, control };
    media.close();
  }
  throw new Error('No pair of free UDP ports was found in 50 attempts; an even port and the next one are needed.');
}

async function bind(port: number, address: string | undefined): Promise<UdpSocket> {
  const socket = createSocket(address?.includes(':') ? 'udp6' : 'udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  // A client whose port is closed answers by ICMP; that its stream ends is told by RTSP.
  socket.on('error', () => {});
  return socket;
}
