// `enrol`: turns a claim code into this gateway's own key and certificate, which it reports with from then on.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type CommandIo, done, refuse, wrongWords } from './command-io.ts';
import { loadPlace } from './config.ts';
import { GatewayError } from './errors.ts';
import { enrol, readFingerprint, readServer } from './identity/enrol.ts';
import { identityFile, writeIdentity } from './identity/identity-file.ts';

export const usage = 'usage: enrol --server URL --code CODE --fingerprint SHA256 (--config FILE | --data-dir FOLDER)';

const withinMs = 30_000;

/** Gives the exit code: 0 enrolled; 1 not, and why; 2 the words or settings are wrong. Throws SettingsError. A gateway that is running goes over by itself. */
export async function runEnrol(args: string[], io: CommandIo): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = parse(args);
  } catch (cause) {
    return refuse(io, `enrol: ${wrongWords(cause)}\n${usage}`);
  }
  const { canteen, dataDir } = wanted.config === undefined ? { canteen: undefined, dataDir: wanted.dataDir } : loadPlace(wanted.config);
  const file = identityFile(dataDir);
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(withinMs)]);
    const enrolled = await enrol({ ...wanted, canteen, signal, now: io.now });
    writeIdentity(file, enrolled.identity);
    io.stdout(`enrolled as the gateway of "${enrolled.canteen}"; key and certificate are in ${file}`);
    io.stdout(`in its settings: canteen: ${enrolled.canteen}`);
    io.stdout(`                 server: { url: ${enrolled.mqttUrl ?? 'mqtts://… (ask whoever runs the server)'} }`);
    return done;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    io.stderr(`enrol: ${error.message}`);
    return 1;
  }
}

interface Wanted {
  server: URL;
  code: string;
  fingerprint: string;
  config: string | undefined;
  dataDir: string;
}

function parse(args: string[]): Wanted {
  const text = { type: 'string' } as const;
  const options = { server: text, code: text, fingerprint: text, config: text, 'data-dir': text };
  const { server, code, fingerprint, config, 'data-dir': dataDir } = parseArgs({ args, options }).values;
  if (server === undefined || code === undefined || fingerprint === undefined)
    throw new Error('--server, --code and --fingerprint are all needed; they come together with the code');
  if ((config === undefined) === (dataDir === undefined)) throw new Error('one of --config and --data-dir is needed');
  const [url, sha256] = [readServer(server), readFingerprint(fingerprint)];
  if (url === undefined) throw new Error(`--server: found "${server}", allowed: https://host:port, or http:// on this machine only`);
  if (sha256 === undefined) throw new Error(`--fingerprint: found "${fingerprint}", allowed: 64 hex digits, with or without colons`);
  return { server: url, code, fingerprint: sha256, config, dataDir: resolve(dataDir ?? '.') };
}
