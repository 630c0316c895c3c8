// Serves the very same application over TLS, beside the plain listener on this machine.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { App } from './app.ts';
import { ServerError } from './errors.ts';
import type { ServerTls } from './identity/server-tls.ts';
import { trackSockets } from './open-sockets.ts';
import { dawdling, shareConnections, silentMs } from './request-limit.ts';

/** Clients that dawdle over a handshake are not waited for either. */
const limits = { handshakeTimeout: 10_000, ...dawdling };

/** Port 0 takes any free one. Throws ServerError `address-taken`. */
export async function listenHttps(
  app: Pick<App, 'routing'>,
  { host, port, tls }: { host: string; port: number; tls: ServerTls },
): Promise<{ address: string; close(): Promise<void> }> {
  const options = { minVersion: 'TLSv1.2' } as const;
  const server = createServer({ ...options, ...limits, ...tls.shown() }, app.routing);
  tls.onChange((shown) => server.setSecureContext({ ...options, ...shown }));
  server.on('tlsClientError', (_, socket) => socket.destroy());
  shareConnections(server);
  server.setTimeout(silentMs);
  const endSockets = trackSockets(server);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new ServerError('address-taken', `HTTPS cannot listen at ${host}:${port} (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
  }
  const address = server.address();
  return {
    address: `https://${host}:${typeof address === 'object' && address !== null ? address.port : port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endSockets();
      await closed;
    },
  };
}
