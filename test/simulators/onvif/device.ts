// What every simulated device has, whatever its kind: its doors (HTTP, RTSP, discovery), its account, its clock and its faults.
import { randomUUID } from 'node:crypto';
import { createFaults, type DeviceKind, type FaultName, type Faults } from '../faults.ts';
import { createRtspServer, type RtspSource } from '../rtsp/rtsp-server.ts';
import { announcedHost } from './announced-host.ts';
import { type Authentication, type AuthenticationOptions, createAuthentication, type DigestAlgorithm } from './authentication.ts';
import type { Channel } from './channels.ts';
import { createDeviceClock, type DeviceClock } from './device-clock.ts';
import { type DeviceIdentity, devicePath, deviceService, scopes } from './device-service.ts';
import { type DiscoveryOptions, startDiscovery } from './discovery.ts';
import { createHttpDevice, type MakerPages } from './http-device.ts';
import type { Actions, Asked, Service } from './service.ts';

export interface DeviceOptions {
  /** 127.0.0.1 unless told. */
  host?: string | undefined;
  /** Port of the ONVIF services; 0, as without it, takes any free one. */
  port?: number | undefined;
  rtspPort?: number | undefined;
  username?: string | undefined;
  password?: string | undefined;
  identity?: Partial<DeviceIdentity> | undefined;
  /** POSIX; `CST-8`, Asia/Shanghai, unless told. */
  timeZone?: string | undefined;
  /** Which ways SOAP calls may be authenticated; both unless told. */
  accepts?: { digest: boolean; token: boolean } | undefined;
  algorithms?: readonly DigestAlgorithm[] | undefined;
  /** How far a token’s `Created` may be from the device’s clock, seconds; 5 unless told. */
  tokenWindowSeconds?: number | undefined;
  /** Wrong passwords in a row until the account is locked; 5 unless told. */
  lockAfter?: number | undefined;
  /** 30 unless told. */
  lockMinutes?: number | undefined;
  /** Off unless told. */
  discovery?: DiscoveryOptions | undefined;
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined;
}

export interface SimulatedDevice {
  readonly kind: DeviceKind;
  readonly port: number;
  readonly rtspPort: number;
  /** Address of the Device service. */
  readonly onvifUrl: string;
  /** One a profile, without credentials. */
  readonly streamUrls: readonly string[];
  readonly username: string;
  readonly password: string;
  /** A UUID: the name in discovery. */
  readonly endpoint: string;
  readonly faults: Faults;
  /** Open RTSP sessions. */
  sessions(): number;
  close(): Promise<void>;
}

/** What a kind of device builds its own services from. */
export interface DeviceParts {
  faults: Faults;
  clock: DeviceClock;
  now(): number;
  streamUrl(asked: Asked, path: string): string;
}

/** What a kind of device adds to what all have. */
export interface OwnParts {
  services: readonly Service[];
  /** Actions outside those services’ namespaces. */
  others?: readonly Actions[];
  channels: readonly Channel[];
  /** Streams besides those of the channels. */
  replay?(path: string, query: URLSearchParams): RtspSource | undefined | Promise<RtspSource | undefined>;
  makerPages?: MakerPages | undefined;
  close?(): void;
}

export interface DeviceKindParts<Own extends OwnParts> {
  kind: DeviceKind;
  identity: DeviceIdentity;
  /** As in the Profile scopes. */
  profiles: readonly string[];
  inputs: number;
  build(parts: DeviceParts): Own;
}

/** Starts listening; rejects, with everything closed again, where a port is taken. */
export async function createDevice<Own extends OwnParts>(
  { kind, profiles, inputs, build, ...kindParts }: DeviceKindParts<Own>,
  options: DeviceOptions,
): Promise<{ device: SimulatedDevice; own: Own }> {
  const { host = '127.0.0.1', username = 'admin', password = 'simulator', now = Date.now } = options;
  const { accepts = { digest: true, token: true }, timeZone = 'CST-8', discovery } = options;
  const identity = { ...kindParts.identity, ...options.identity };
  const reachable = host === '0.0.0.0' ? (discovery?.interface ?? '127.0.0.1') : host;
  const endpoint = randomUUID();
  const faults = createFaults();
  const clock = createDeviceClock({ timeZone, now, faults });
  const authentication = authenticationOf(options, { username, password, accepts, faults, now, clock: clock.utc });

  // Asked only when the stream server is up.
  const streamUrl = (asked: Asked, path: string) => `rtsp://${asked.host}:${rtsp.port}${path}`;
  const own = build({ faults, clock, now, streamUrl });
  const about = { identity, endpoint, profiles, username, clock, faults, accepts, discoverable: discovery !== undefined, inputs };
  const services: Service[] = [deviceService({ ...about, services: () => services }), ...own.services];

  const closers: (() => Promise<void> | void)[] = [() => own.close?.()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const opened = async <Door extends { close(): Promise<void> }>(opening: Promise<Door>): Promise<Door> => {
    const door = await opening.catch(async (error: unknown) => {
      await close();
      throw error;
    });
    closers.push(() => door.close());
    return door;
  };

  const rtsp = await opened(
    createRtspServer({
      host,
      port: options.rtspPort ?? 0,
      credentials: {
        username,
        get password() {
          return authentication.password();
        },
      },
      refuses: () => (authentication.locked() ? 'locked' : faults.has('busy') ? 'busy' : undefined),
      resolve: (path, query) => liveSource(own.channels, path, query, faults) ?? own.replay?.(path, query),
    }),
  );
  const http = await opened(
    createHttpDevice({
      host,
      port: options.port ?? 0,
      faults,
      authentication,
      actions: () => [...services.filter((service) => service.present?.() !== false), ...(own.others ?? [])],
      makerPages: own.makerPages,
      picture: (path) => own.channels.find(({ snapshotPath }) => snapshotPath === path)?.clip().snapshot,
    }),
  );
  if (discovery !== undefined) {
    const addresses = () => [
      ...(faults.has('two-xaddrs') ? [`http://[fe80::200:5eff:fe00:5301]:${http.port}${devicePath}`] : []),
      `http://${announcedHost(reachable, faults)}:${http.port}${devicePath}`,
    ];
    const target = {
      ...discovery,
      endpoint,
      scopes: scopes({ identity, profiles }),
      addresses,
      answers: () => !faults.has('unplugged'),
      answersForOthers: () => faults.has('two-matches'),
      garbles: () => faults.has('discovery-garbled'),
    };
    await opened(startDiscovery(target));
  }
  faults.onSwitch('unplugged', async (on) => {
    await Promise.all([http, rtsp].map((door) => (on ? door.unplug() : door.plug())));
  });

  const device: SimulatedDevice = {
    kind,
    port: http.port,
    rtspPort: rtsp.port,
    onvifUrl: `http://${reachable}:${http.port}${devicePath}`,
    streamUrls: own.channels.map(({ streamPath }) => `rtsp://${reachable}:${rtsp.port}${streamPath}`),
    username,
    password,
    endpoint,
    faults,
    sessions: rtsp.sessions,
    close,
  };
  return { device, own };
}

type Account = Omit<AuthenticationOptions, 'algorithms' | 'tokenWindowSeconds' | 'lockAfter' | 'lockMinutes'>;

function authenticationOf(options: DeviceOptions, account: Account): Authentication {
  const { algorithms = ['MD5', 'SHA-256'], tokenWindowSeconds = 5, lockAfter = 5, lockMinutes = 30 } = options;
  return createAuthentication({ ...account, algorithms, tokenWindowSeconds, lockAfter, lockMinutes });
}

/** A client may add parameters of its own; those of the stream’s path decide. */
export function samePath(wanted: string, path: string, query: URLSearchParams): boolean {
  const { pathname, searchParams } = new URL(wanted, 'rtsp://device');
  return pathname === path && [...searchParams].every(([name, value]) => query.get(name) === value);
}

function liveSource(channels: readonly Channel[], path: string, query: URLSearchParams, faults: Faults): RtspSource | undefined {
  const channel = channels.find(({ streamPath }) => samePath(streamPath, path, query));
  if (channel === undefined) return undefined;
  const aSecondWith = (fault: FaultName) => () => (faults.has(fault) ? 1000 : undefined);
  return {
    clip: channel.clip,
    stalled: () => faults.has('stalled'),
    startsMidway: () => faults.has('late-keyframe'),
    sendsHalf: () => faults.has('half-rate'),
    stallsAfterMs: aSecondWith('stalls-midway'),
    cutAfterMs: aSecondWith('cut-midway'),
    stampedAt: (ms) => (faults.has('timestamps-jump') ? leaping(ms) : ms),
  };
}

/** An hour further with each second, and within it the same time for all pictures of a fifth. */
function leaping(ms: number): number {
  return Math.floor(ms / 1000) * 3_600_000 + Math.floor((ms % 1000) / 200) * 200;
}
