// The server's settings: their schema, and the loading that turns files and relative paths into what the program uses.
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { metricsSetting } from '#config/metrics-listener.ts';
import { readSecret, readSettings, SettingsError } from '#config/settings.ts';
import { Identifier } from '#contract/primitives.ts';
import { Standard } from '#contract/standard.ts';
import { type BrokerAddress, BrokerSetting, brokerAddress } from './broker-settings.ts';
import { StateSetting, type StoreAddress, storeAddress, TelemetrySetting } from './store-settings.ts';
import {
  AuthoritySetting,
  BehindProxy,
  type HttpsAddress,
  HttpsSetting,
  httpsAddress,
  MutualTlsSetting,
  refuseForgedAddresses,
  refusePlainOutside,
} from './tls-settings.ts';

const closed = { additionalProperties: false };
const Path = Type.String({ minLength: 1, maxLength: 4096 });
const Name = Type.String({ minLength: 1, maxLength: 80 });
const Host = Type.String({
  minLength: 1,
  maxLength: 253,
  default: '127.0.0.1',
  description: 'the address to listen at',
});
const Port = (port: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: port, description: '0 to 65535; 0 takes any free port' });
const Days = (byDefault: number, of: string) =>
  Type.Integer({ minimum: 1, maximum: 36_500, default: byDefault, description: `how many days ${of} are kept, 1 to 36500` });

export const ServerConfig = Type.Object(
  {
    listen: Type.Object(
      {
        ...{ host: Host, port: Port(8080), behindProxy: BehindProxy, tls: Type.Optional(HttpsSetting) },
        requestsPerMinute: Type.Integer({
          minimum: 60,
          maximum: 1_000_000,
          default: 1200,
          description: 'how often one address may ask within a minute, 60 to 1000000; many people may sit behind one',
        }),
      },
      { ...closed, default: {}, description: 'where pages and interface are served (HTTP)' },
    ),
    mqtt: Type.Object(
      {
        listen: Type.Object(
          { host: Host, port: Port(1883), behindProxy: BehindProxy },
          { ...closed, default: {}, description: 'where gateways on this machine report, by their key (MQTT)' },
        ),
        tls: Type.Optional(MutualTlsSetting),
        broker: BrokerSetting,
      },
      { ...closed, default: {} },
    ),
    authority: AuthoritySetting,
    dataDir: Type.String({ ...Path, default: 'data', description: 'a folder for what must not be forgotten; created where it is missing' }),
    state: StateSetting,
    telemetry: TelemetrySetting,
    evidence: Type.Object(
      {
        folder: Type.String({
          ...Path,
          default: 'evidence',
          description: 'a folder in dataDir, or anywhere; several servers need the same one, e.g. a network share each of them has mounted',
        }),
      },
      { ...closed, default: {}, description: 'where the pictures are kept that facts name as evidence' },
    ),
    standard: Type.String({ ...Path, description: 'the file of the standard to judge by, e.g. standards/taiyuan-community-2022.yaml' }),
    pages: Type.String({ ...Path, default: '../dashboards/dist', description: 'the folder of the built pages' }),
    sweepSeconds: Type.Number({
      minimum: 1,
      maximum: 60,
      default: 5,
      description: 'how often each canteen is judged anew, 1 to 60 seconds',
    }),
    keep: Type.Object(
      {
        eventsDays: Days(400, 'the events gateways sent'),
        closedGapsDays: Days(1100, 'closed gaps'),
        evidenceDays: Days(400, 'pictures'),
        telemetryRawDays: Days(14, 'measured numbers'),
        telemetryHourlyDays: Days(400, 'the hourly mean, least and most of measured numbers'),
        evidenceMegabytesPerCanteen: Type.Integer({
          minimum: 1,
          maximum: 1_000_000,
          default: 2000,
          description: 'how much room the pictures of one canteen may take; beyond it the oldest are forgotten',
        }),
      },
      { ...closed, default: {}, description: 'how long what is stored is kept; state and open gaps are never forgotten' },
    ),
    sessions: Type.Object(
      {
        idleHours: Type.Number({
          minimum: 0.1,
          maximum: 720,
          default: 12,
          description: 'ends when it was not used for so long, 0.1 to 720 hours',
        }),
        longestDays: Type.Number({ minimum: 0.1, maximum: 90, default: 7, description: 'ends after so long in any case, 0.1 to 90 days' }),
      },
      { ...closed, default: {}, description: 'how long somebody stays signed in; an open page counts as use' },
    ),
    canteens: Type.Array(
      Type.Object(
        {
          id: Identifier,
          name: Name,
          district: Name,
          gatewayKeyFile: Type.Optional(
            Type.String({
              ...Path,
              description: 'a file holding, on one line, the key a gateway on this machine connects with; an enrolled one needs none',
            }),
          ),
        },
        closed,
      ),
      { maxItems: 10_000, default: [], description: 'canteens under supervision, beside those taken on while the server runs' },
    ),
    metrics: metricsSetting(9464),
    log: Type.Object(
      { level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], { default: 'info' }) },
      { ...closed, default: {}, description: 'what the log tells' },
    ),
  },
  closed,
);
export type ServerConfig = Static<typeof ServerConfig>;

/** The settings as the program uses them: paths are absolute, the standard is read, and of each key only its SHA-256 is kept. */
export interface Settings extends Omit<ServerConfig, 'listen' | 'mqtt' | 'state' | 'telemetry' | 'standard' | 'canteens'> {
  listen: Pick<ServerConfig['listen'], 'host' | 'port'> & { behindProxy?: boolean; requestsPerMinute?: number; tls?: HttpsAddress };
  /** With a broker outside, nothing listens here. */
  mqtt: Pick<ServerConfig['mqtt'], 'listen' | 'tls'> & { broker?: BrokerAddress };
  state: StoreAddress;
  telemetry: StoreAddress & { queuePointsMax: number };
  standard: Standard;
  canteens: { id: string; name: string; district: string; keySha256?: Buffer }[];
}

/** Paths inside the file are relative to it. Throws SettingsError, and nothing else, on whatever is wrong. */
export function loadSettings(file: string): Settings {
  const config = readSettings(file, ServerConfig);
  const from = dirname(resolve(file));
  const canteens = config.canteens.map(({ gatewayKeyFile, ...canteen }, index) => {
    if (gatewayKeyFile === undefined) return canteen;
    const key = readSecret(resolve(from, gatewayKeyFile), `canteens.${index}.gatewayKeyFile`);
    return { ...canteen, keySha256: createHash('sha256').update(key).digest() };
  });
  refuseDuplicates(file, canteens);
  const standard = readStandard(resolve(from, config.standard));
  const dataDir = resolve(from, config.dataDir);
  const { state, telemetry, mqtt, listen } = config;
  refuseUnshareable(config);
  refuseForgedAddresses(listen);
  refusePlainOutside('listen', listen);
  refusePlainOutside('mqtt.listen', mqtt.listen);
  return {
    ...config,
    dataDir,
    authority: { ...config.authority, folder: resolve(dataDir, config.authority.folder) },
    evidence: { folder: resolve(dataDir, config.evidence.folder) },
    listen: { ...listen, ...(listen.tls !== undefined && { tls: httpsAddress(listen.tls, from) }) },
    mqtt: { ...mqtt, ...(mqtt.broker !== undefined && { broker: brokerAddress(mqtt.broker, from) }) },
    state: storeAddress({ key: 'state', kinds: ['postgres:'], setting: state, from, dataDir }),
    telemetry: {
      ...storeAddress({ key: 'telemetry', kinds: ['http:', 'https:'], setting: telemetry, from, dataDir }),
      queuePointsMax: telemetry.queuePointsMax,
    },
    pages: resolve(from, config.pages),
    standard,
    canteens,
  };
}

/** Each of several servers gets a part of what comes in: what one has in a file of its own, the others would never know. */
function refuseUnshareable({ mqtt, state, telemetry }: ServerConfig): void {
  if (mqtt.broker?.shared !== true) return;
  for (const [key, { url }] of Object.entries({ state, telemetry }))
    if (url.startsWith('sqlite:'))
      throw new SettingsError(
        `mqtt.broker.shared: several servers need state in one PostgreSQL and telemetry in one InfluxDB, and ${key}.url names a file`,
      );
}

/** Rules look a zone's requirement up by its kind: a second one would never be asked for. */
function readStandard(file: string): Standard {
  const standard = readSettings(file, Standard);
  const kinds = standard.zones.map(({ kind }) => kind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) throw new SettingsError(`${file}: zones: the kind "${twice}" stands there twice; each may stand there once`);
  return standard;
}

function refuseDuplicates(file: string, canteens: Settings['canteens']): void {
  const ids = new Set<string>();
  const holders = new Map<string, string>();
  for (const { id, keySha256 } of canteens) {
    if (ids.has(id)) throw new SettingsError(`${file}: canteens: two canteens have the id "${id}"; each needs its own`);
    const key = keySha256?.toString('hex');
    const other = key && holders.get(key);
    if (other !== undefined)
      throw new SettingsError(`${file}: canteens: "${other}" and "${id}" have the same gateway key; each gateway needs its own`);
    ids.add(id);
    if (key !== undefined) holders.set(key, id);
  }
}
