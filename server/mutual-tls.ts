// Where gateways come in with a certificate: TLS 1.2 or newer, and nobody who has none of ours gets as far as MQTT.
import type { X509Certificate } from 'node:crypto';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ServerTls } from './identity/server-tls.ts';

/** Whose certificate it is, or why it is not let in. */
export type Admission =
  | { kind: 'admitted'; canteen: string; serial: string /** Milliseconds since 1970. */; notAfter: number }
  | { kind: 'refused'; canteen?: string; reason: string };

export interface MutualTls {
  listen: { host: string; port: number };
  tls: ServerTls;
  /** PEM: whose certificates gateways have. */
  authority: string;
  /** Asked once for each connection, after its certificate was found to be the authority's and not expired. Must not reject. */
  admit(certificate: X509Certificate): Promise<Admission>;
}

/** A client that does not get through its handshake is not kept. */
const handshakeWithinMs = 10_000;

/** Not listening yet. `onSocket` gets only connections whose certificate is the authority's; `onRefused` why others were not. */
export function createMutualTlsServer(
  { tls, authority }: Pick<MutualTls, 'tls' | 'authority'>,
  on: { socket: (socket: TLSSocket, certificate: X509Certificate) => void; refused: (reason: string, address: string | undefined) => void },
): Server {
  const options = { minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: true, ca: authority } as const;
  const server = createServer({ ...options, ...tls.shown(), handshakeTimeout: handshakeWithinMs }, (socket) => {
    socket.on('error', () => undefined); // until the broker listens to it
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return socket.destroy();
    on.socket(socket, certificate);
  });
  tls.onChange((shown) => server.setSecureContext({ ...options, ...shown }));
  server.on('tlsClientError', (error, socket) => {
    on.refused(error.message, socket.remoteAddress);
    socket.destroy();
  });
  return server;
}
