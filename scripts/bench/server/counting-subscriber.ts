// Subscribes to everything a broker has, and counts.
import { connect } from './connection.ts';
import { serve } from './remote.ts';

export type CountingSubscriber = typeof tasks;

let count = 0;

const tasks = {
  subscribe: async (port: number): Promise<void> => {
    await connect({ port, username: 'counter', password: '', topics: ['#'], onPublish: () => (count += 1) });
  },
  count: () => count,
};

serve(tasks);
