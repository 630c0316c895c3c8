// One server of the chaos, as the program it is: killed, asked to stop, and started again at the same ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface ChaosServer {
  /** Resolves when it listens. Rejected, with its last words, where it ends before. */
  start(): Promise<void>;
  /** Resolves when it is gone; rejected where a server that was asked to stop does not end well, and in time. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export interface ChaosServerAbout {
  /** Of its own. */
  folder: string;
  httpPort: number;
  mqttPort: number;
  canteens: { id: string; key: string }[];
  /** Top-level settings that are not the usual ones. */
  settings?: object;
}

const stopWithinMs = 12_000;

export function createServer(about: ChaosServerAbout): ChaosServer {
  const file = writeSettings(about);
  const log = createWriteStream(join(about.folder, 'server.log'), { flags: 'a' });
  let child: ChildProcess | undefined;
  let lastWords = '';
  return {
    async start() {
      lastWords = '';
      const started = spawn('sh', [resolve('server/start'), '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      started.stderr.on('data', (chunk: Buffer) => {
        lastWords = `${lastWords}${chunk}`.slice(-2000);
      });
      const listening = Promise.withResolvers<void>();
      createInterface(started.stdout).on('line', (line) => {
        log.write(`${line}\n`);
        if (line.includes('"msg":"listening"')) listening.resolve();
      });
      started.once('exit', () => listening.reject(new Error(`a server ended at once: ${lastWords}`)));
      await listening.promise;
    },
    async end(signal) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      const late = setTimeout(() => child?.kill('SIGKILL'), stopWithinMs);
      const [code] = await gone;
      clearTimeout(late);
      if (signal === 'SIGTERM' && code !== 0) throw new Error(`a server that was asked to stop ended with ${code}: ${lastWords}`);
    },
  };
}

function writeSettings({ folder, httpPort, mqttPort, canteens, settings }: ChaosServerAbout): string {
  mkdirSync(join(folder, 'keys'), { recursive: true });
  for (const { id, key } of canteens) writeFileSync(join(folder, 'keys', id), key, { mode: 0o600 });
  const file = join(folder, 'server.json');
  const config = {
    ...{ listen: { port: httpPort }, mqtt: { listen: { port: mqttPort } }, dataDir: 'data', sweepSeconds: 1 },
    standard: resolve('config/standards/taiyuan-community-2022.yaml'),
    canteens: canteens.map(({ id }) => ({ id, name: id, district: 'chaos', gatewayKeyFile: `keys/${id}` })),
    ...settings,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
