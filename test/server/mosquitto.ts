// A real mosquitto for the tests, as Debian brings it, held to the access list we ship.
import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { until } from '../until.ts';
import { freePort, programFolder, type StartedProgram, start, unprivileged } from './started-program.ts';

export interface RunningMosquitto {
  port: number;
  /** Ends the process; nothing of what it held stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export async function startMosquitto(passwords: Record<string, string>): Promise<RunningMosquitto> {
  const as = unprivileged('mosquitto');
  const folder = programFolder(as);
  const port = await freePort();
  const [config, acl, users] = ['mosquitto.conf', 'acl', 'users'].map((name) => join(folder.path, name)) as [string, string, string];
  cpSync(resolve('config/mosquitto.example.acl'), acl);
  writeFileSync(users, '');
  for (const [user, password] of Object.entries(passwords))
    execFileSync('mosquitto_passwd', ['-b', users, user, password], { stdio: 'ignore' });
  const settings = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${users}`,
    `acl_file ${acl}`,
    'persistence false',
  ];
  writeFileSync(config, `${settings.join('\n')}\nmessage_size_limit 2097152\n`);
  if (as.uid !== undefined && as.gid !== undefined) for (const file of [config, acl, users]) chownSync(file, as.uid, as.gid);
  const program = existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto';
  let server: StartedProgram;
  const startAgain = async (): Promise<void> => {
    server = start(program, ['-c', config], as);
    await until(() => listens(port), 20_000);
  };
  await startAgain();
  return {
    port,
    stop: (signal) => server.stop(signal),
    startAgain,
    close: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
