// Where state and telemetry are kept: the part of the settings that names a database, by URL, its password apart from it.
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { readSecret, SettingsError } from '#config/settings.ts';

const closed = { additionalProperties: false };
const Text = Type.String({ minLength: 1, maxLength: 4096 });
const passwordFile = Type.Optional(
  Type.String({
    ...Text,
    description: 'a file holding, on one line, the password; never a part of the URL, which logs and process lists show',
  }),
);

export const StateSetting = Type.Object(
  {
    url: Type.String({
      ...Text,
      default: 'sqlite:state.db',
      description: 'sqlite:<file in dataDir>, or postgres://<user>@<host>:<port>/<database>, with ?tls=true for TLS',
    }),
    passwordFile,
  },
  { ...closed, default: {}, description: 'where state, gaps and events are kept' },
);

export const TelemetrySetting = Type.Object(
  {
    url: Type.String({
      ...Text,
      default: 'sqlite:telemetry.db',
      description: 'sqlite:<file in dataDir>, or http://<user>@<host>:8086/<database> of InfluxDB (its version 1 protocol), or https',
    }),
    passwordFile,
    queuePointsMax: Type.Integer({
      minimum: 1000,
      maximum: 1_000_000_000,
      default: 5_000_000,
      description:
        'how many points wait on the disk (some 60 bytes each) while InfluxDB cannot be reached; beyond that the oldest are dropped',
    }),
  },
  { ...closed, default: {}, description: 'where measured numbers are kept over time' },
);

export interface StoreAddress {
  /** Without a password. A file's path is absolute. */
  url: string;
  password?: string;
}

/** Throws SettingsError, which never quotes what might be a password. */
export function storeAddress(about: {
  key: 'state' | 'telemetry';
  kinds: string[];
  setting: { url: string; passwordFile?: string };
  /** The settings file's folder. */
  from: string;
  dataDir: string;
}): StoreAddress {
  const { key, kinds, setting, from, dataDir } = about;
  const { url, passwordFile: file } = setting;
  if (url.startsWith('sqlite:')) return { url: `sqlite:${resolve(dataDir, url.slice('sqlite:'.length))}` };
  const parsed = URL.parse(url);
  if (parsed === null || !kinds.includes(parsed.protocol))
    throw new SettingsError(`${key}.url: it begins with none of ${['sqlite:', ...kinds].join(', ')} or is no address`);
  if (parsed.password !== '')
    throw new SettingsError(`${key}.url: it holds a password; put that into a file and name it in ${key}.passwordFile`);
  if (parsed.pathname.length < 2)
    throw new SettingsError(`${key}.url: it names no database; write ${parsed.protocol}//<user>@<host>/<database>`);
  return file === undefined ? { url } : { url, password: readSecret(resolve(from, file), `${key}.passwordFile`) };
}
