// A real server process for so many canteens, with its files in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { firstAdministrator, type SignedIn } from '../../../test/signed-in.ts';
import type { Credentials } from './credentials.ts';

export interface StartedServer {
  pid: number;
  /** Where pages and interface are: http://host:port */
  address: string;
  mqttPort: number;
  /** Whoever looks at it. */
  regulator: SignedIn;
  stop(): Promise<void>;
}

const complaintsShown = 5;
/** pino’s number for it. */
const errorLevel = 50;

export async function startServer(folder: string, canteens: string[], credentials: Credentials): Promise<StartedServer> {
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  await credentials.enrol(dataDir, canteens);
  const settings = {
    listen: { port: 0 },
    mqtt: { listen: { port: 0 }, tls: { host: '127.0.0.1', port: 0 } },
    dataDir,
    standard: resolve('config/standards/taiyuan-community-2022.yaml'),
    pages: resolve('dashboards/dist'),
    canteens: canteens.map((id) => ({ id, name: `食堂${id}`, district: '迎泽区' })),
  };
  const file = join(folder, 'server.yaml');
  writeFileSync(file, JSON.stringify(settings));
  const child = spawn('sh', ['server/start', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  const exit = once(child, 'exit');
  let complaints = 0;
  const firstLink = Promise.withResolvers<string>();
  const listening = Promise.withResolvers<{ address: string; secure: { mqtt: string } }>();
  createInterface(child.stdout).on('line', (line) => {
    const link = /http\S+\/welcome#\S+/.exec(line);
    if (link !== null) firstLink.resolve(link[0]);
    if (!line.startsWith('{')) return;
    const said = JSON.parse(line);
    if (said.msg === 'listening') listening.resolve(said);
    else if (said.level >= errorLevel && complaints++ < complaintsShown) console.error(line);
  });
  const { address, secure } = await Promise.race([
    listening.promise,
    exit.then(() => Promise.reject(new Error('the server ended at once'))),
  ]);
  return {
    regulator: await firstAdministrator(await firstLink.promise),
    ...{ pid: child.pid ?? 0, address, mqttPort: Number(new URL(secure.mqtt).port) },
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
