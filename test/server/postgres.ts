// A real PostgreSQL for the tests, as Debian brings it: in a temporary folder, on a free port of this machine only.
import { execFileSync } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { until } from '../until.ts';
import { freePort, programFolder, type StartedProgram, start, unprivileged } from './started-program.ts';

const user = 'mingzao';
const password = 'p&ss:w=rd/ 明';

export interface RunningPostgres {
  /** An empty one, under a new name. */
  createDatabase(): Promise<{ url: string; password: string }>;
  /** Ends every connection to the database at `url`, as a restart would. */
  endConnections(url: string): Promise<void>;
  /** Ends the process and every connection at once, as a crash would. */
  kill(): Promise<void>;
  /** Resolves when it has recovered, and answers. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<RunningPostgres> {
  const programs = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1) ?? '/usr/bin';
  const as = unprivileged('postgres');
  const folder = programFolder(as);
  const port = await freePort();
  const [passwordFile, data] = [join(folder.path, 'password'), join(folder.path, 'data')];
  writeFileSync(passwordFile, `${password}\n`);
  const init = [
    '-D',
    data,
    '-U',
    user,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  execFileSync(join(programs, 'initdb'), init, { ...as, stdio: 'ignore' });
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder.path, fsync: 'off' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let databases = 0;

  const run = async (sql: string, parameters: string[] = []): Promise<void> => {
    const client = new Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
    try {
      await client.connect();
      await client.query(sql, parameters);
    } finally {
      await client.end();
    }
  };
  let server: StartedProgram;
  const startAgain = async () => {
    server = start(join(programs, 'postgres'), ['-D', data, ...options], as);
    await until(() => run('select 1'), 20_000);
  };
  await startAgain();

  return {
    createDatabase: async () => {
      databases += 1;
      await run(`create database test_${databases}`);
      return { url: `postgres://${user}@127.0.0.1:${port}/test_${databases}`, password };
    },
    endConnections: (url) =>
      run('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [new URL(url).pathname.slice(1)]),
    kill: () => server.stop('SIGQUIT'),
    startAgain,
    stop: async () => {
      await server.stop('SIGINT');
      folder.remove();
    },
  };
}
