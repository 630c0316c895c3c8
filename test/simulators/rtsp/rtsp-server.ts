// A real RTSP/1.0 server as cameras and recorders have it, playing prepared clips: what the gateway's probes are tried against.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type Connection, serveConnection } from './connection.ts';
import type { Credentials } from './digest.ts';
import { createPacer } from './pacer.ts';
import type { RtspSource } from './source.ts';

export type { RtspSource } from './source.ts';

export interface RtspServerOptions {
  /** 127.0.0.1 unless told. */
  host?: string;
  /** 0 unless told: any free port. */
  port?: number;
  /** Without them everybody may watch. */
  credentials?: Credentials | undefined;
  /** What plays at a path; `undefined` answers 404. */
  resolve(path: string, query: URLSearchParams): RtspSource | undefined | Promise<RtspSource | undefined>;
  /** `locked` answers 403 even to the right password; `busy` answers 453 to whoever wants a session. */
  refuses?(): 'locked' | 'busy' | undefined;
}

export interface RtspServer {
  readonly port: number;
  /** `path` with its leading slash, and a query if there is one; without credentials. */
  url(path: string): string;
  /** How many are open, playing or not. */
  sessions(): number;
  /** As when the cable is pulled: stops listening and drops every connection. */
  unplug(): Promise<void>;
  /** Listens on the same port again. Throws where another process has taken it meanwhile. */
  plug(): Promise<void>;
  close(): Promise<void>;
}

const connectionsMax = 512;

export async function createRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const host = options.host ?? '127.0.0.1';
  const pacer = createPacer();
  const connections = new Set<Connection>();

  const listen = async (port: number): Promise<Server> => {
    const server = createServer((socket) => {
      const connection = serveConnection(socket, { options, pacer });
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    server.maxConnections = connectionsMax;
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  };
  let listening: Server | undefined = await listen(options.port ?? 0);
  const { port } = listening.address() as AddressInfo;

  const unplug = async () => {
    const server = listening;
    listening = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.close();
    await closed;
  };
  return {
    port,
    url: (path) => `rtsp://${host}:${port}${path}`,
    sessions: () => [...connections].filter((connection) => connection.hasSession()).length,
    unplug,
    async plug() {
      listening ??= await listen(port);
    },
    close: unplug,
  };
}
