// The embedded broker by itself: every message goes to one subscriber, in a process of its own, that counts.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { Credentials } from './credentials.ts';
import { serve } from './remote.ts';

export type BareBroker = typeof tasks;

const tasks = {
  start: async ({ server: shown, authority }: Pick<Credentials, 'server' | 'authority'>): Promise<number> => {
    const aedes = await Aedes.createBroker();
    const server = createServer({ ...shown, ca: authority, requestCert: true }, aedes.handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
};

serve(tasks);
