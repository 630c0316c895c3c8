// How much one address may ask over HTTP, and how long it may take over asking: nobody can keep the server busy for all others.
import type { ServerOptions } from 'node:http';
import type { Server } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { ServerError } from './errors.ts';
import { createStrangers } from './strangers.ts';

const minuteMs = 60_000;
/** Addresses remembered; beyond it those that were quiet longest are forgotten. */
const addressesMax = 10_000;

/** For the listener of HTTP, and for that of HTTPS. */
export const dawdling = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} satisfies ServerOptions;
/** A client that does not read its answer is not waited for; a page’s live changes come every few seconds. */
export const silentMs = 60_000;
const connectionsMax = 2_000;
/** So many more are accepted, so that one of them can be cut off. */
const spare = 100;

/** Beyond what one server can keep, whoever has the most connections loses the oldest of them, and nobody else. */
export function shareConnections(server: Server): void {
  const connections = createStrangers(connectionsMax);
  server.maxConnections = connectionsMax + spare;
  server.on('connection', (socket) => connections.meet(socket));
}

/** To be called before any route is added. IPv6 addresses count by their network of 64 bits. */
export async function limitRequests(app: FastifyInstance, perMinute: number): Promise<void> {
  // Of a connection that is gone already nothing can be counted, and nobody waits for the answer.
  app.addHook('onRequest', async ({ socket }) => {
    if (socket.remoteAddress === undefined) throw new ServerError('invalid-request', 'whoever asked this has hung up');
  });
  await app.register(rateLimit, {
    ...{ max: perMinute, timeWindow: minuteMs, cache: addressesMax, ipv6Subnet: 64 },
    errorResponseBuilder: (_, { ttl }) =>
      new ServerError(
        'too-many-requests',
        `This address has asked ${perMinute} times within a minute, which is all it may; it may again in ${Math.ceil(ttl / 1000)} s.`,
      ),
  });
}
