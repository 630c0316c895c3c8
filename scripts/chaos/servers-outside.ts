// The centre of a large city: one or more servers on one PostgreSQL, one InfluxDB and one mosquitto, each of which may die.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startInflux } from '../../test/server/influx.ts';
import { startMosquitto } from '../../test/server/mosquitto.ts';
import { startPostgres } from '../../test/server/postgres.ts';
import { freePort } from '../../test/server/started-program.ts';
import { readEvent, readGap } from './count.ts';
import { type ChaosServer, createServer } from './server.ts';
import type { Site } from './site.ts';

const user = 'mingzao-server';

export async function startServersOutside(about: {
  servers: number;
  folder: string;
  canteens: { id: string; key: string }[];
}): Promise<Site> {
  const brokerKey = randomBytes(16).toString('hex');
  const postgres = await startPostgres();
  const mosquitto = await startMosquitto({ ...Object.fromEntries(about.canteens.map(({ id, key }) => [id, key])), [user]: brokerKey });
  const influx = await startInflux();
  const database = await postgres.createDatabase();
  const points = influx.nameDatabase();
  const all: ChaosServer[] = [];
  const close = async () => {
    for (const server of all) await server.end('SIGTERM');
    await mosquitto.close();
    await influx.close();
    await postgres.stop();
  };
  try {
    for (let index = 0; index < about.servers; index += 1) {
      const folder = join(about.folder, `server-${index + 1}`);
      mkdirSync(folder);
      writeFileSync(join(folder, 'postgres'), database.password, { mode: 0o600 });
      writeFileSync(join(folder, 'broker'), brokerKey, { mode: 0o600 });
      writeFileSync(join(folder, 'influx'), points.password, { mode: 0o600 });
      const broker = { url: `mqtt://${user}@127.0.0.1:${mosquitto.port}`, passwordFile: 'broker', shared: about.servers > 1 };
      const telemetry = { url: points.url, passwordFile: 'influx' };
      const settings = { state: { url: database.url, passwordFile: 'postgres' }, telemetry, mqtt: { broker } };
      all.push(createServer({ folder, httpPort: await freePort(), mqttPort: 0, canteens: about.canteens, settings }));
    }
    for (const server of all) await server.start();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    mqttPort: mosquitto.port,
    mishaps: {
      'server killed': async ({ chance, pause }) => {
        const server = chance.pick(all);
        await server.end('SIGKILL');
        await pause(chance.between(0, 4_000));
        await server.start();
      },
      'server stopped': async ({ chance, pause }) => {
        const server = chance.pick(all);
        await server.end('SIGTERM');
        await pause(chance.between(0, 1_000));
        await server.start();
      },
      'broker killed': async ({ chance, pause }) => {
        await mosquitto.stop('SIGKILL');
        await pause(chance.between(0, 3_000));
        await mosquitto.startAgain();
      },
      'database killed': async ({ chance, pause }) => {
        await postgres.kill();
        await pause(chance.between(0, 3_000));
        await postgres.startAgain();
      },
      'telemetry store killed': async ({ chance, pause }) => {
        await influx.stop('SIGKILL');
        await pause(chance.between(0, 3_000));
        await influx.startAgain();
      },
    },
    async stored() {
      const { hostname, port, pathname, username } = new URL(database.url);
      const at = { host: hostname, port: Number(port), database: pathname.slice(1), user: username, password: database.password };
      const client = new Client(at);
      await client.connect();
      try {
        const events = await client.query('select canteen, body from events');
        const gaps = await client.query('select body from gaps');
        return { events: events.rows.map(readEvent), gaps: gaps.rows.map(readGap) };
      } finally {
        await client.end();
      }
    },
    close,
  };
}
