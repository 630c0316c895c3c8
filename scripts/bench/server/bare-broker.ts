// The embedded broker by itself: every message goes to one subscriber, in a process of its own, that counts.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import { serve } from './remote.ts';

export type BareBroker = typeof tasks;

const tasks = {
  start: async (): Promise<number> => {
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
};

serve(tasks);
