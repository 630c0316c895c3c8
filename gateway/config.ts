// The gateway's settings: their schema, and the loading that turns files and relative paths into what the program uses.
import { dirname, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { isLoopback } from '#config/loopback.ts';
import { metricsSetting } from '#config/metrics-listener.ts';
import { readSecret, readSettings, SettingsError } from '#config/settings.ts';
import { Zone } from '#contract/layout.ts';
import type { Plan } from '#contract/plan.ts';
import { Identifier } from '#contract/primitives.ts';
import { parseDeviceAddress } from './onvif/address.ts';
import { expandTarget } from './onvif/scan.ts';
import { OpeningHours, problemOfHours } from './pictures/opening-hours.ts';
import { readPlan } from './plan-file.ts';

const closed = { additionalProperties: false };
const Path = Type.String({ minLength: 1, maxLength: 4096 });
const Name = Type.String({ minLength: 1, maxLength: 80 });
const Token = Type.String({ minLength: 1, maxLength: 128 });
const seconds = (usual: number, minimum: number, maximum: number, what: string) =>
  Type.Number({ minimum, maximum, default: usual, description: `${what}, ${minimum} to ${maximum} seconds` });

const reaching = {
  id: Identifier,
  name: Name,
  address: Type.String({ minLength: 1, maxLength: 300, description: 'http(s)://host:port of its ONVIF service, or only its host' }),
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  passwordFile: Type.Optional(Type.String({ ...Path, description: 'a file holding the password on one line' })),
  certificateFingerprint: Type.Optional(
    Type.String({ pattern: '^(?:[0-9A-Fa-f]{2}:?){32}$', description: 'SHA-256 of its self-signed TLS certificate, in hex' }),
  ),
};

export const CameraConfig = Type.Object(
  {
    ...reaching,
    zones: Type.Array(Identifier, { maxItems: 16, description: 'ids of the zones it watches' }),
    streamUri: Type.Optional(
      Type.String({
        pattern: '^rtsps?://[^@\\s]+$',
        maxLength: 500,
        description: 'rtsp://host/path, where ONVIF gives none; without a password',
      }),
    ),
  },
  closed,
);
export type CameraConfig = Static<typeof CameraConfig>;

export const RecorderConfig = Type.Object(
  {
    ...reaching,
    cameras: Type.Array(Identifier, { maxItems: 256, description: 'ids of the cameras whose footage it keeps' }),
    recordings: Type.Optional(
      Type.Record(Type.String(), Token, {
        description:
          'camera id: the recorder’s token of its recording (without Profile G the number of the channel, from "1"), where it is not found by itself',
      }),
    ),
  },
  closed,
);
export type RecorderConfig = Static<typeof RecorderConfig>;

export const RecordingConfig = Type.Object(
  {
    id: Type.String({ ...Identifier, default: 'own-recording', description: 'under which the server knows it, like a recorder' }),
    name: Name,
    folder: Type.String({ ...Path, description: 'on the disk for the footage; created where it is missing' }),
    cameras: Type.Array(Identifier, { minItems: 1, maxItems: 64, description: 'ids of the cameras it keeps' }),
    minDays: Type.Integer({
      minimum: 1,
      maximum: 366,
      default: 90,
      description: 'whole calendar days besides today that footage is kept at least; a disk too small is told',
    }),
    maxDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3660, description: 'days after which footage is removed, for the sake of those seen in it' }),
    ),
    keepFreeGigabytes: Type.Number({ minimum: 0.1, maximum: 100_000, default: 5, description: 'how much of the disk stays free' }),
    segmentSeconds: seconds(300, 2, 3600, 'length of one file; a power cut loses the last one at most'),
  },
  { ...closed, description: 'the gateway’s own recording, for a canteen without a recorder' },
);
export type RecordingConfig = Static<typeof RecordingConfig>;

export const DiscoveryConfig = Type.Object(
  {
    multicast: Type.Boolean({ default: true, description: 'ask the whole network for ONVIF devices' }),
    scan: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      maxItems: 64,
      default: [],
      description: 'hosts and networks (192.168.1.0/24) to ask one by one, where multicast does not reach',
    }),
  },
  closed,
);

export const GatewayConfig = Type.Object(
  {
    canteen: Type.String({ ...Identifier, description: 'the id under which the server knows this canteen' }),
    server: Type.Object(
      {
        url: Type.String({ pattern: '^mqtts?://[^/@\\s]+$', maxLength: 300, description: 'mqtt://host:port or mqtts://host:port' }),
        keyFile: Type.Optional(
          Type.String({
            ...Path,
            description: 'a file holding, on one line, the key the server knows this gateway by; an enrolled gateway needs none',
          }),
        ),
      },
      closed,
    ),
    dataDir: Type.String({ ...Path, default: 'data', description: 'a folder for what must not be forgotten; created where it is missing' }),
    zones: Type.Array(Zone, { maxItems: 64 }),
    cameras: Type.Array(CameraConfig, { maxItems: 256 }),
    recorders: Type.Array(RecorderConfig, { maxItems: 32, default: [] }),
    recording: Type.Optional(RecordingConfig),
    plan: Type.Optional(
      Type.String({
        ...Path,
        description: 'the floor plan (JSON or YAML, see config/plan.example.json): where zones, obstacles and cameras are',
      }),
    ),
    discovery: Type.Optional(DiscoveryConfig),
    intervals: Type.Object(
      {
        contact: seconds(10, 2, 300, 'between two looks whether a device answers and what its clock says'),
        identity: seconds(3600, 60, 86_400, 'between two looks who a device says it is'),
        stream: seconds(300, 10, 3600, 'between two looks at a few seconds of a stream'),
        picture: seconds(60, 10, 3600, 'between two looks at the picture of a camera; three that look wrong in a row are a fault'),
        footage: seconds(3600, 60, 86_400, 'between two looks at what a recorder holds, and at its disks'),
        playback: seconds(3600, 60, 86_400, 'between two looks whether what a recorder holds can be played back'),
        heartbeat: seconds(30, 5, 300, 'between two heartbeats to the server'),
      },
      { ...closed, default: {} },
    ),
    events: Type.Boolean({
      default: true,
      description: 'listen to what cameras tell by themselves: tampering, digital inputs. Takes one further connection of each',
    }),
    openingHours: Type.Optional(OpeningHours),
    snapshotEverySeconds: seconds(300, 60, 86_400, 'between two pictures kept as evidence where nothing happens'),
    retentionDaysAsked: Type.Integer({
      minimum: 1,
      maximum: 366,
      default: 92,
      description: 'how many days of footage a recorder is asked for',
    }),
    outbox: Type.Object(
      {
        maxEvents: Type.Integer({
          minimum: 1000,
          maximum: 2_000_000,
          default: 100_000,
          description: 'how much is kept while the server is away, some 500 bytes each; the oldest goes first',
        }),
        maxMegabytes: Type.Integer({ minimum: 10, maximum: 100_000, default: 500, description: 'how large its file may grow' }),
      },
      { ...closed, default: {} },
    ),
    evidence: Type.Object(
      {
        maxMegabytes: Type.Integer({
          minimum: 10,
          maximum: 100_000,
          default: 500,
          description: 'how much room pictures may take until the server has them, some 30 kB each; the oldest goes first',
        }),
      },
      { ...closed, default: {} },
    ),
    metrics: metricsSetting(9465),
    log: Type.Object(
      { level: Type.Enum(['error', 'warn', 'info', 'debug'], { default: 'info' }) },
      { ...closed, default: {}, description: 'what the log tells' },
    ),
  },
  closed,
);
export type GatewayConfig = Static<typeof GatewayConfig>;

interface Credentials {
  username: string;
  password: string;
}

/** The settings as the program uses them: paths are absolute, secrets and the plan are read. */
export interface Settings extends Omit<GatewayConfig, 'server' | 'cameras' | 'recorders' | 'plan'> {
  plan?: Plan;
  /** Without a key it connects with the certificate it was enrolled with. */
  server: { url: string; key?: string };
  cameras: WithCredentials<CameraConfig>[];
  recorders: WithCredentials<RecorderConfig>[];
}
export type WithCredentials<Config> = Omit<Config, 'username' | 'passwordFile'> & { credentials?: Credentials };

/** Paths inside the file are relative to it. Throws SettingsError, and nothing else, on whatever is wrong. */
export function loadSettings(file: string): Settings {
  const config = readSettings(file, GatewayConfig);
  const problem = inconsistency(config);
  if (problem !== undefined) throw new SettingsError(`${file}: ${problem}`);
  const from = dirname(resolve(file));
  const { plan, ...rest } = config;
  return {
    ...rest,
    ...(plan === undefined ? {} : { plan: planFor(config, resolve(from, plan)) }),
    server: serverOf(config.server, from),
    dataDir: resolve(from, config.dataDir),
    cameras: config.cameras.map((camera, index) => withCredentials(from, camera, `cameras.${index}`)),
    recorders: config.recorders.map((recorder, index) => withCredentials(from, recorder, `recorders.${index}`)),
    ...(config.recording === undefined ? {} : { recording: { ...config.recording, folder: resolve(from, config.recording.folder) } }),
  };
}

/** Where a gateway is to be enrolled, of a file whose passwords need not be there yet. Throws SettingsError. */
export function loadPlace(file: string): { canteen: string; dataDir: string } {
  const { canteen, dataDir } = readSettings(file, GatewayConfig);
  return { canteen, dataDir: resolve(dirname(resolve(file)), dataDir) };
}

function serverOf({ url, keyFile }: GatewayConfig['server'], from: string): Settings['server'] {
  if (keyFile !== undefined) return { url, key: readSecret(resolve(from, keyFile), 'server.keyFile') };
  if (url.startsWith('mqtts:')) return { url };
  throw new SettingsError(
    `server: found "${url}" without keyFile; allowed: mqtts:// with the certificate this gateway gets by "gateway enrol", or a keyFile`,
  );
}

/** The plan draws every zone and every camera of the settings, and nothing else. */
function planFor({ zones, cameras }: GatewayConfig, file: string): Plan {
  const plan = readPlan(file);
  const drawn = { zones: plan.zones.map(({ id }) => id), cameras: (plan.cameras ?? []).map(({ id }) => id) };
  const known = { zones: zones.map(({ id }) => id), cameras: cameras.map(({ id }) => id) };
  const problem =
    unknownName('plan: it draws the zone', drawn.zones, known.zones) ??
    unknownName('plan: it draws the camera', drawn.cameras, known.cameras) ??
    undrawn('zone', known.zones, drawn.zones) ??
    undrawn('camera', known.cameras, drawn.cameras) ??
    firstOf(plan.zones, ({ id, kind }) => {
      const meant = zones.find((zone) => zone.id === id)?.kind;
      return meant === kind ? undefined : `plan: the zone "${id}" is drawn as ${kind}, and is ${meant} in the settings`;
    }) ??
    firstOf(plan.cameras ?? [], ({ id, projection }) =>
      projection === 'omnidirectional'
        ? `plan: the camera "${id}" is omnidirectional, which is for trying a plan; a camera that is watched needs its lens`
        : undefined,
    );
  if (problem !== undefined) throw new SettingsError(`${file}: ${problem}`);
  return plan;
}

function undrawn(what: string, known: string[], drawn: string[]): string | undefined {
  const missing = known.find((id) => !drawn.includes(id));
  return missing === undefined ? undefined : `plan: the ${what} "${missing}" of the settings is not drawn`;
}

function withCredentials<Config extends Pick<CameraConfig, 'username' | 'passwordFile'>>(
  from: string,
  { username, passwordFile, ...config }: Config,
  key: string,
): Omit<Config, 'username' | 'passwordFile'> & { credentials?: Credentials } {
  if (username === undefined || passwordFile === undefined) return config;
  return { ...config, credentials: { username, password: readSecret(resolve(from, passwordFile), `${key}.passwordFile`) } };
}

/** What no schema can say: how the parts of the file hang together. */
function inconsistency({ server, zones, cameras, recorders, recording, discovery, openingHours }: GatewayConfig): string | undefined {
  const zoneIds = zones.map(({ id }) => id);
  const cameraIds = cameras.map(({ id }) => id);
  const own = recording === undefined ? [] : [recording];
  return (
    repeated('zones', zoneIds) ??
    repeated(
      'cameras and recorders',
      [...cameras, ...recorders, ...own].map(({ id }) => id),
    ) ??
    firstOf(cameras, (camera) => unknownName(`cameras: "${camera.id}" watches the zone`, camera.zones, zoneIds)) ??
    firstOf(recorders, (recorder) => unknownName(`recorders: "${recorder.id}" keeps the camera`, recorder.cameras, cameraIds)) ??
    firstOf(recorders, (recorder) =>
      unknownName(`recorders: "${recorder.id}" has a recording of the camera`, Object.keys(recorder.recordings ?? {}), recorder.cameras),
    ) ??
    firstOf(
      own,
      ({ cameras: kept }) => unknownName('recording: it keeps the camera', kept, cameraIds) ?? repeated('recording.cameras', kept),
    ) ??
    plainOutside(server.url) ??
    firstOf(own, daysTheWrongWayRound) ??
    firstOf([...cameras, ...recorders], unreachable) ??
    firstOf(discovery?.scan ?? [], unscannable) ??
    problemOfHours(openingHours)
  );
}

/** The key would cross the network for all to read. */
function plainOutside(url: string): string | undefined {
  if (url.startsWith('mqtts:') || isLoopback(new URL(url).hostname)) return undefined;
  return `server.url: found "${url}", allowed: mqtts://host:port, or mqtt:// on this machine only, because nothing is encrypted there`;
}

function firstOf<Item>(items: Item[], problem: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function repeated(where: string, ids: string[]): string | undefined {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : `${where}: the id "${twice}" stands there twice; each needs one of its own`;
}

function unknownName(sentence: string, names: string[], known: string[]): string | undefined {
  const strange = names.find((name) => !known.includes(name));
  return strange === undefined ? undefined : `${sentence} "${strange}", which is not there; known: ${known.join(', ') || 'none'}`;
}

/** Quotes no address: someone may have put a password into it. */
function unreachable({ id, address, username, passwordFile }: Static<typeof CameraConfig> | RecorderConfig): string | undefined {
  if (parseDeviceAddress(address) === undefined)
    return `the address of "${id}" must be http://host:port or https://host:port, path optional, without user name and password`;
  if ((username === undefined) !== (passwordFile === undefined)) return `"${id}" needs both username and passwordFile, or neither`;
  return undefined;
}

function daysTheWrongWayRound({ minDays, maxDays }: RecordingConfig): string | undefined {
  // Days count as whole calendar days, and today is one more.
  if (maxDays === undefined || maxDays > minDays) return undefined;
  return `recording.maxDays: found ${maxDays}, allowed: ${minDays + 1} (a day more than recording.minDays) or more`;
}

function unscannable(target: string): string | undefined {
  try {
    expandTarget(target);
    return undefined;
  } catch (error) {
    return `discovery.scan: ${error instanceof Error ? error.message : error}`;
  }
}
