// `inspect`: tells everything one device shows, for whoever commissions or repairs it.
import { parseArgs } from 'node:util';
import { readSecret } from '#config/settings.ts';
import { type CommandIo, couldNot, done, refuse, wrongWords } from './command-io.ts';
import { inspect } from './inspect/inspection.ts';
import { inspectionText } from './inspect/inspection-text.ts';
import { parseDeviceAddress } from './onvif/address.ts';
import type { Credentials } from './onvif/http-digest.ts';
import { createOnvifSession } from './onvif/session.ts';

export const usage = 'usage: inspect ADDRESS [--user NAME --password-file FILE] [--days 1…398] [--certificate-fingerprint SHA256] [--json]';

/** Gives the exit code: 0 where the device answered at all, whatever is wrong with it; otherwise 2. */
export async function runInspect(args: string[], io: CommandIo): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = parse(args);
  } catch (cause) {
    return refuse(io, `inspect: ${wrongWords(cause)}\n${usage}`);
  }
  const session = createOnvifSession({ ...wanted, now: io.now });
  const report = await inspect(session, { days: wanted.days, signal: io.signal, now: io.now });
  if (wanted.json) io.stdout(JSON.stringify(report, undefined, 2));
  else for (const line of inspectionText(report)) io.stdout(line);
  return report.answered ? done : couldNot;
}

interface Wanted {
  address: string;
  credentials: Credentials | undefined;
  certificateFingerprint: string | undefined;
  days: number;
  json: boolean;
}

function parse(args: string[]): Wanted {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      user: { type: 'string' },
      'password-file': { type: 'string' },
      'certificate-fingerprint': { type: 'string' },
      days: { type: 'string', default: '92' },
      json: { type: 'boolean', default: false },
    },
  });
  const [address, ...more] = positionals;
  if (address === undefined || more.length > 0) throw new Error('exactly one address is needed');
  if (parseDeviceAddress(address) === undefined)
    throw new Error('the address must be a host, host:port or http(s)://…, without user name: those go into --user and --password-file');
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 398)
    throw new Error(`--days: found ${values.days}, allowed: a whole number from 1 to 398`);
  const { user, 'password-file': file, 'certificate-fingerprint': certificateFingerprint, json } = values;
  return { address, credentials: credentialsOf(user, file), certificateFingerprint, days, json };
}

function credentialsOf(username: string | undefined, file: string | undefined): Credentials | undefined {
  if (username === undefined && file === undefined) return undefined;
  if (username === undefined || file === undefined) throw new Error('--user and --password-file go together');
  return { username, password: readSecret(file, '--password-file') };
}
