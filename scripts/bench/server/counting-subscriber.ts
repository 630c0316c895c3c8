// Subscribes to everything a broker has, and counts.
import { createSecureContext } from 'node:tls';
import { connect } from './connection.ts';
import { serve } from './remote.ts';

export type CountingSubscriber = typeof tasks;

let count = 0;

const tasks = {
  subscribe: async (about: { port: number; key: string; cert: string; ca: string }): Promise<void> => {
    const { port, ...secrets } = about;
    await connect({ port, clientId: 'counter', tls: createSecureContext(secrets), topics: ['#'], onPublish: () => (count += 1) });
  },
  count: () => count,
};

serve(tasks);
