// Where Prometheus reads how a program is: a listener of its own that knows one address, and is off unless the settings name it.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type Static, Type } from 'typebox';
import { SettingsError } from './settings.ts';

const closed = { additionalProperties: false };

/** The part of the settings that switches it on. `port` is the usual one of this program. */
export function metricsSetting(port: number) {
  const Listen = Type.Object(
    {
      host: Type.String({
        minLength: 1,
        maxLength: 253,
        default: '127.0.0.1',
        description: 'whoever reaches it may read: nobody is asked to log in',
      }),
      port: Type.Integer({ minimum: 0, maximum: 65535, default: port, description: '0 to 65535; 0 takes any free port' }),
    },
    { ...closed, default: {} },
  );
  return Type.Optional(
    Type.Object({ listen: Listen }, { ...closed, description: 'metrics for Prometheus at /metrics; left out, there are none' }),
  );
}
export type MetricsSetting = Static<ReturnType<typeof metricsSetting>>;

/** What there is to read, as the library keeps it. */
export interface MetricsRegistry {
  contentType: string;
  metrics(): Promise<string>;
}

export interface MetricsListener {
  /** http://host:port/metrics */
  address: string;
  close(): Promise<void>;
}

const path = '/metrics';
/** Prometheus keeps one or two connections open; more is somebody else. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 8_192,
  connectionsCheckingInterval: 1_000,
};
const connectionsMax = 16;

/** Throws SettingsError where it cannot listen. */
export async function listenForMetrics({ host, port }: MetricsSetting['listen'], registry: MetricsRegistry): Promise<MetricsListener> {
  const server = createServer(limits, ({ method, url }, response) => {
    if (url?.split('?', 1)[0] !== path) return answer(response, 404, `there is only ${path} here\n`);
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, `${path} is only read\n`);
    registry.metrics().then(
      (text) => answer(response, 200, text, registry.contentType),
      () => answer(response, 500, 'the metrics could not be gathered\n'),
    );
  });
  server.maxConnections = connectionsMax;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new SettingsError(`metrics.listen: nothing can listen at ${host}:${port} (${why})`, { cause });
  }
  const bound = server.address();
  return {
    address: `http://${host}:${typeof bound === 'object' && bound !== null ? bound.port : port}${path}`,
    close: async () => {
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await ended;
    },
  };
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(text);
}
