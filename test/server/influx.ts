// A real InfluxDB for the tests, as Debian brings it: in a temporary folder, on free ports of this machine only.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfluxDB } from 'influx';
import { until } from '../until.ts';
import { freePort, programFolder, type StartedProgram, start } from './started-program.ts';

const username = 'mingzao';
const password = 'p&ss:w=rd/ 明';

export interface RunningInflux {
  /** A database of a new name, which is not made yet. */
  nameDatabase(): { url: string; password: string };
  /** Of the database at `url`: how long each keeps, by its name. */
  retentionPolicies(url: string): Promise<Record<string, string>>;
  /** Ends the process; what it holds stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export async function startInflux(): Promise<RunningInflux> {
  const folder = programFolder();
  const [port, backupPort] = [await freePort(), await freePort()];
  const config = join(folder.path, 'influxdb.conf');
  writeFileSync(config, settings(folder.path, port, backupPort));
  for (const name of ['meta', 'data', 'wal']) mkdirSync(join(folder.path, name));
  const client = new InfluxDB({ host: '127.0.0.1', port, username, password, pool: { maxRetries: 0 } });
  let server: StartedProgram;
  let databases = 0;
  const startAgain = async (): Promise<void> => {
    server = start('influxd', ['run', '-config', config]);
    await until(async () => expectOnline(await client.ping(1000)), 30_000);
  };
  await startAgain();
  await client.createUser(username, password, true);

  return {
    nameDatabase: () => {
      databases += 1;
      return { url: `http://${username}@127.0.0.1:${port}/test_${databases}`, password };
    },
    retentionPolicies: async (url) => {
      const policies = await client.showRetentionPolicies(new URL(url).pathname.slice(1));
      return Object.fromEntries(policies.map(({ name, duration }) => [name, duration]));
    },
    stop: (signal) => server.stop(signal),
    startAgain,
    close: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

function expectOnline([host]: { online: boolean }[]): void {
  if (host?.online !== true) throw new Error('InfluxDB is not there yet');
}

/** Nothing of it leaves this machine. */
function settings(folder: string, port: number, backupPort: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = true
  log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
`;
}
