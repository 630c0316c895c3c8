// What the server's command line asks for: to start it, or one of the commands beside it.
import { hostname, userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { SettingsError } from '#config/settings.ts';
import { auditExport, auditVerify } from './audit-command.ts';
import { backup, restore } from './backup.ts';
import { loadSettings, type Settings } from './config.ts';
import { parseAnchor } from './identity/audit-anchor.ts';
import { writeBrokerCertificate } from './identity/broker-certificate.ts';
import { tellClaimCode } from './identity/claim-code-command.ts';
import { auditStore } from './stores/audit-store.ts';
import { openDatabase } from './stores/database.ts';
import { enrolmentStore } from './stores/enrolment-store.ts';

export const usage =
  'usage: server [backup FILE | restore FILE | certificate FOLDER NAME… | claim-code CANTEEN | audit verify [--anchor N:HASH] | audit export FILE] ' +
  '--config FILE [--port N]';

export interface CommandDeps {
  /** Takes a line of what the command has to tell. */
  say: (line: string) => void;
  now: () => number;
}

/** Without a command the server is to be started. Throws SettingsError. */
export function readArguments(args: string[], deps: CommandDeps): { settings: Settings; command: Command | undefined } {
  const { values, positionals } = parseOptions(args);
  const command = readCommand(positionals, values.anchor, deps);
  const { config, port } = values;
  if (config === undefined) throw new SettingsError(`--config is missing; ${usage}`);
  const settings = loadSettings(config);
  if (port === undefined) return { settings, command };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw new SettingsError(`--port: found "${port}", allowed: 0 to 65535; ${usage}`);
  return { settings: { ...settings, listen: { ...settings.listen, port: Number(port) } }, command };
}

type Command = (settings: Settings) => Promise<void>;

function readCommand(words: string[], anchorTold: string | undefined, deps: CommandDeps): Command | undefined {
  const [name, file, ...more] = words;
  if (name === undefined) return undefined;
  if (name === 'audit') return readAuditCommand(words.slice(1), anchorTold, deps);
  if (name === 'certificate' && file !== undefined && more.length > 0)
    return ({ authority: { folder: authorityFolder } }) =>
      writeBrokerCertificate({ folder: file, names: more }, { authorityFolder, ...deps });
  if (name === 'claim-code' && file !== undefined && more.length === 0) return (settings) => sayClaimCode(file, settings, deps);
  const work = name === 'backup' ? backup : name === 'restore' ? restore : undefined;
  if (work === undefined || file === undefined || more.length > 0)
    throw new SettingsError(
      `found "${[name, file, ...more].filter(Boolean).join(' ')}", allowed: backup FILE, restore FILE, certificate FOLDER NAME…, claim-code CANTEEN, ` +
        `audit verify, audit export FILE; ${usage}`,
    );
  return (settings) => work(file, settings, { by: account(), ...deps });
}

function readAuditCommand([what, file, ...more]: string[], anchorTold: string | undefined, { say }: CommandDeps): Command {
  const anchor = anchorTold === undefined ? undefined : parseAnchor(anchorTold);
  if (anchorTold !== undefined && anchor === undefined)
    throw new SettingsError('--anchor: it is no number of an entry, a colon and 64 hex digits, as "audit verify" prints them');
  if (what === 'verify' && file === undefined) return (settings) => auditVerify(settings, { ...(anchor && { anchor }), say });
  if (what === 'export' && file !== undefined && more.length === 0) return (settings) => auditExport(file, settings, { say });
  throw new SettingsError(
    `found "${['audit', what, file, ...more].filter(Boolean).join(' ')}", allowed: audit verify, audit export FILE; ${usage}`,
  );
}

/** Whom this machine knows to have given the command. */
function account(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** The server may be at work. Throws ServerError. */
export async function sayClaimCode(canteen: string, { state, canteens, authority }: Settings, deps: CommandDeps): Promise<void> {
  const database = await openDatabase(state.url, state.password, 'looking');
  try {
    const store = enrolmentStore(database, auditStore(database).noted);
    const settled = canteens.map(({ id }) => id);
    await tellClaimCode(canteen, { store, settled, authorityFolder: authority.folder, ...deps });
  } finally {
    await database.destroy();
  }
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: { config: { type: 'string' }, port: { type: 'string' }, anchor: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (cause) {
    throw new SettingsError(`${cause instanceof Error ? cause.message : cause}; ${usage}`, { cause });
  }
}
