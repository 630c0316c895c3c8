// Runs a script in a network namespace of its own: on the machine's real network it would ask other people's cameras.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const privateNetwork = 'ip link set lo up && ip link set lo multicast on && ip route add 239.0.0.0/8 dev lo';

/** Without root a network of one's own comes with a user namespace, where the machine allows those. */
const way = ['-n', '-rn'].find((flags) => spawnSync('unshare', [flags, 'sh', '-c', privateNetwork]).status === 0);

export const mayHavePrivateNetwork = way !== undefined;

/** Gives what the script of this folder prints. */
export async function runInPrivateNetwork(script: string): Promise<string> {
  const inside = `${privateNetwork} && exec "$0" "$1"`;
  const { stdout } = await promisify(execFile)('unshare', [
    way ?? '-n',
    'sh',
    '-c',
    inside,
    process.execPath,
    join(import.meta.dirname, script),
  ]);
  return stdout;
}
