// Who may reach the server and how: TLS listeners, the certificate authority, and the rule that nothing plain leaves this machine.

import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { isLoopback } from '#config/loopback.ts';
import { SettingsError } from '#config/settings.ts';

const closed = { additionalProperties: false };
const Path = Type.String({ minLength: 1, maxLength: 4096 });
const Host = Type.String({
  minLength: 1,
  maxLength: 253,
  default: '0.0.0.0',
  description: 'the address to listen at; 0.0.0.0 for every network',
});
const Port = (port: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: port, description: '0 to 65535; 0 takes any free port' });

export const HttpsSetting = Type.Object(
  {
    host: Host,
    port: Port(8443),
    certificateFile: Type.Optional(
      Type.String({
        ...Path,
        description: 'PEM, with what stands between it and its authority; without it, one of the server’s own authority',
      }),
    ),
    keyFile: Type.Optional(Type.String({ ...Path, description: 'PEM, the key of certificateFile' })),
  },
  { ...closed, description: 'where pages and interface are served over TLS (HTTPS)' },
);

export const MutualTlsSetting = Type.Object(
  { host: Host, port: Port(8883) },
  { ...closed, description: 'where enrolled gateways report, each by its certificate (MQTT over mutual TLS)' },
);

export const BehindProxy = Type.Optional(
  Type.Boolean({ description: 'a proxy of yours adds TLS, and nobody else can reach this address: only then may it be no loopback one' }),
);

const HostName = Type.String({
  pattern: '^[0-9A-Za-z]([0-9A-Za-z.:-]*[0-9A-Za-z])?$',
  maxLength: 253,
  description: 'a host name or an IP address',
});

export const AuthoritySetting = Type.Object(
  {
    folder: Type.String({
      ...Path,
      default: 'authority',
      description: 'a folder in dataDir for the certificate authority; servers that share a database need the same files in theirs',
    }),
    names: Type.Array(HostName, {
      maxItems: 100,
      default: [],
      description: 'the host names and addresses gateways and browsers reach this server by',
    }),
    gatewayDays: Type.Number({
      minimum: 1,
      maximum: 825,
      default: 90,
      description: 'how long a gateway’s certificate is valid, 1 to 825 days',
    }),
  },
  { ...closed, default: {}, description: 'the certificate authority that enrols gateways' },
);
export type AuthoritySetting = Static<typeof AuthoritySetting>;

export interface HttpsAddress {
  host: string;
  port: number;
  /** Absolute paths. */
  files?: { certificateFile: string; keyFile: string };
}

/** `from` is the settings file's folder. Throws SettingsError. */
export function httpsAddress({ host, port, certificateFile, keyFile }: Static<typeof HttpsSetting>, from: string): HttpsAddress {
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new SettingsError('listen.tls: it needs both certificateFile and keyFile, or neither');
  if (certificateFile === undefined || keyFile === undefined) return { host, port };
  return { host, port, files: { certificateFile: resolve(from, certificateFile), keyFile: resolve(from, keyFile) } };
}

/** Passwords, keys and what canteens show would pass the network for all to read. Throws SettingsError. */
export function refusePlainOutside(key: 'listen' | 'mqtt.listen', { host, behindProxy }: { host: string; behindProxy?: boolean }): void {
  if (behindProxy === true || isLoopback(host)) return;
  const secure = key === 'listen' ? 'listen.tls' : 'mqtt.tls';
  throw new SettingsError(
    `${key}.host: found "${host}", allowed: an address of this machine only (127.0.0.1, ::1, localhost), because nothing is encrypted there; ` +
      `for other machines set ${secure}, or ${key}.behindProxy where a proxy of yours adds TLS`,
  );
}

/** Behind a proxy addresses are those it names; who comes in beside it, at `tls`, would name whichever it likes. Throws SettingsError. */
export function refuseForgedAddresses({ behindProxy, tls }: { behindProxy?: boolean; tls?: unknown }): void {
  if (behindProxy !== true || tls === undefined) return;
  throw new SettingsError(
    'listen: found behindProxy and tls together, allowed: one of them, because who reaches tls without the proxy could claim any address; ' +
      'let the proxy add TLS for everybody, or leave behindProxy out',
  );
}

/** What the server's own certificate names. */
export function serverNames(names: string[]): string[] {
  return [...new Set([...names, hostname(), 'localhost', '127.0.0.1', '::1'])];
}
