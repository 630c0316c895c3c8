// `discover`: tells which ONVIF devices are on the network, for whoever sets up a gateway.
import { parseArgs } from 'node:util';
import { type CommandIo, done, refuse } from './command-io.ts';
import type { FoundDevice } from './onvif/discovery.ts';
import { findDevices } from './onvif/find-devices.ts';
import { expandTarget } from './onvif/scan.ts';

const usage = 'usage: discover [--scan HOST|HOST:PORT|NETWORK/BITS]… [--no-multicast] [--json]';

/** Gives the exit code: 0 where it could look, even if nothing was found, otherwise 2 with a sentence on stderr. */
export async function runDiscover(args: string[], io: CommandIo): Promise<number> {
  let wanted: { multicast: boolean; scan: string[]; json: boolean };
  try {
    wanted = parse(args);
  } catch (cause) {
    return refuse(io, `discover: ${cause instanceof Error ? cause.message : String(cause)}\n${usage}`);
  }
  const { devices, problems } = await findDevices({ ...wanted, signal: io.signal, now: io.now });
  for (const problem of problems) io.stderr(`discover: ${problem}`);
  if (problems.length > 0 && wanted.scan.length === 0)
    return refuse(io, 'discover: nothing could be asked; try --scan with an address or network');
  if (wanted.json) io.stdout(JSON.stringify({ devices, problems }, undefined, 2));
  else for (const line of table(devices)) io.stdout(line);
  return done;
}

function parse(args: string[]): { multicast: boolean; scan: string[]; json: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      scan: { type: 'string', multiple: true, default: [] },
      'no-multicast': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  // Checked here, so that a slip of the pen is told before anything is asked.
  for (const target of values.scan) expandTarget(target);
  if (values['no-multicast'] && values.scan.length === 0) throw new Error('--no-multicast leaves nothing to ask without --scan');
  return { multicast: !values['no-multicast'], scan: values.scan, json: values.json };
}

function table(devices: readonly FoundDevice[]): string[] {
  if (devices.length === 0) return ['no device answered'];
  const rows = devices.map(({ address, via, name, hardware }) => [address, via, name ?? '', hardware ?? '']);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
