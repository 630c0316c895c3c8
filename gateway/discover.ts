// `discover`: tells which ONVIF devices are on the network, for whoever sets up a gateway.
import { parseArgs } from 'node:util';
import { type CommandIo, done, refuse, wrongWords } from './command-io.ts';
import type { FoundDevice } from './onvif/discovery.ts';
import { findDevices } from './onvif/find-devices.ts';
import { expandTarget, unresolvable } from './onvif/scan.ts';

export const usage = 'usage: discover [--scan HOST|HOST:PORT|NETWORK/BITS]… [--no-multicast] [--json | --settings]';

/** Gives the exit code: 0 where it could look, even if nothing was found, otherwise 2 with a sentence on stderr. */
export async function runDiscover(args: string[], io: CommandIo): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = parse(args);
  } catch (cause) {
    return refuse(io, `discover: ${wrongWords(cause)}\n${usage}`);
  }
  const astray = await unresolvable(wanted.scan);
  if (astray.length > 0) return refuse(io, `discover: ${astray.join(', ')}: no host of this name is known`);
  const { devices, problems } = await findDevices({ ...wanted, signal: io.signal, now: io.now });
  for (const problem of problems) io.stderr(`discover: ${problem}`);
  if (problems.length > 0 && wanted.scan.length === 0)
    return refuse(io, 'discover: nothing could be asked; try --scan with an address or network');
  if (wanted.json) io.stdout(JSON.stringify({ devices, problems }, undefined, 2));
  else for (const line of wanted.settings ? settingsFor(devices) : table(devices)) io.stdout(line);
  return done;
}

interface Wanted {
  multicast: boolean;
  scan: string[];
  json: boolean;
  /** Print what the gateway's settings need to register the devices. */
  settings: boolean;
}

function parse(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      scan: { type: 'string', multiple: true, default: [] },
      'no-multicast': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      settings: { type: 'boolean', default: false },
    },
  });
  // Checked here, so that a slip of the pen is told before anything is asked.
  for (const target of values.scan) expandTarget(target);
  if (values['no-multicast'] && values.scan.length === 0) throw new Error('--no-multicast leaves nothing to ask without --scan');
  const { scan, json, settings } = values;
  if (json && settings) throw new Error('--json and --settings are two ways to print; choose one');
  return { multicast: !values['no-multicast'], scan, json, settings };
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

/** Lines for the gateway's file: whoever installs says which of the devices found are cameras, and what they watch. */
function settingsFor(devices: readonly FoundDevice[]): string[] {
  if (devices.length === 0) return ['# no device answered'];
  const entries = devices.flatMap(({ address, name, hardware }, index) => [
    `  - id: camera-${index + 1} # yours to choose; it stays when the address changes`,
    `    name: ${JSON.stringify(name ?? hardware ?? `camera ${index + 1}`)}`,
    '    zones: [] # ids of the zones it watches',
    `    address: ${JSON.stringify(address)}`,
    '    # username: …',
    '    # passwordFile: secrets/…',
  ]);
  return ['# Recorders among these belong under recorders:', 'cameras:', ...entries];
}
