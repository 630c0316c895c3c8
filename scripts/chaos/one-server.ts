// The centre as most have it: one server with its own broker and its own database.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePort } from '../../test/server/started-program.ts';
import { readEvent, readGap } from './count.ts';
import { createServer } from './server.ts';
import type { Site } from './site.ts';

export async function startOneServer(about: { folder: string; canteens: { id: string; key: string }[] }): Promise<Site> {
  const folder = join(about.folder, 'server');
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  const server = createServer({ folder, httpPort, mqttPort, canteens: about.canteens });
  await server.start();
  return {
    mqttPort,
    mishaps: {
      'server killed': async ({ chance, pause }) => {
        await server.end('SIGKILL');
        await pause(chance.between(0, 3_000));
        await server.start();
      },
      'server stopped': async ({ chance, pause }) => {
        await server.end('SIGTERM');
        await pause(chance.between(0, 1_000));
        await server.start();
      },
    },
    async stored() {
      const database = new DatabaseSync(join(folder, 'data/state.db'), { readOnly: true });
      try {
        return {
          events: database.prepare('select canteen, body from events').all().map(readEvent),
          gaps: database.prepare('select body from gaps').all().map(readGap),
        };
      } finally {
        database.close();
      }
    },
    close: () => server.end('SIGTERM'),
  };
}
