// One canteen, whole and in this process: simulated devices, a gateway, the server; everything real between them.
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { readSettings } from '#config/settings.ts';
import type { Fact } from '#contract/facts.ts';
import type { Gap } from '#contract/gaps.ts';
import { Standard } from '#contract/standard.ts';
import type { Board, CanteenSummary, CanteenView } from '#contract/views.ts';
import type { Settings as GatewaySettings } from '../../gateway/config.ts';
import { runGateway } from '../../gateway/main.ts';
import type { Settings as ServerSettings } from '../../server/config.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { firstAdministrator, type SignedIn } from '../signed-in.ts';
import { silentLog } from '../silent-log.ts';
import { runCanteen, type SimulatedCanteen } from '../simulators/canteen.ts';
import type { FaultName } from '../simulators/faults.ts';
import { prepareMedia } from '../simulators/media.ts';
import { roomsPlan } from '../simulators/rooms.ts';

const canteen = { id: 'yingze-1', name: '迎泽社区食堂', district: '迎泽区' };
const gatewayKey = 'a key for this test only';
const account = { username: 'mingzao', password: 'p&ss:w=rd' };
const cameras = ['dining-1', 'cooking-1', 'cooking-2', 'cleaning-1'];
const zones = (['dining', 'cooking', 'cleaning'] as const).map((kind) => ({ id: kind, kind, name: kind }));
const zoneOf = (camera: string) => camera.replace(/-\d$/, '');

export interface WatchedCanteen {
  address: string;
  /** Asks the server as somebody who may. */
  look(path: string): Promise<Response>;
  /** Lets a browser do the same. */
  browserCookie: SignedIn['browserCookie'];
  /** Switches a fault of a simulated device. */
  fault(device: string, name: FaultName, state: 'on' | 'off'): Promise<void>;
  /** What the server says of it now. */
  summary(): Promise<CanteenSummary>;
  /** The open gaps as `rule of device or zone`, in alphabetical order. */
  gaps(): Promise<string[]>;
  gapsEver(): Promise<Gap[]>;
  /** The newest fact of every check of every device, as the server tells them. */
  facts(): Promise<Fact[]>;
  stopGateway(): Promise<void>;
  startGateway(): void;
  restartServer(): Promise<void>;
  close(): Promise<void>;
}

export async function watchCanteen(): Promise<WatchedCanteen> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-flow-'));
  const simulated = await simulate();
  const log = pino({ level: 'silent' });
  let server: RunningServer = await startServer(serverSettings(folder, { http: 0, mqtt: 0 }), log);
  const { address, mqtt } = server;
  let gateway = runningGateway(folder, simulated, mqtt);
  const { ask, fetch: look, browserCookie } = await firstAdministrator(server.firstLink ?? '');

  return {
    address,
    look,
    browserCookie,
    fault: async (device, name, state) => {
      const faults = simulated.devices.get(device)?.faults;
      await (state === 'on' ? faults?.set(name) : faults?.clear(name));
    },
    summary: async () => {
      const [summary] = (await ask<Board>('/api/canteens')).canteens;
      if (summary === undefined) throw new Error('the board is empty');
      return summary;
    },
    gaps: async () => (await ask<{ gaps: Gap[] }>('/api/gaps')).gaps.map(named).toSorted(),
    gapsEver: async () => (await ask<{ gaps: Gap[] }>('/api/gaps?status=all')).gaps,
    facts: async () => (await ask<CanteenView>(`/api/canteens/${canteen.id}`)).devices.flatMap(({ facts }) => facts),
    stopGateway: () => gateway.stop(),
    startGateway: () => {
      gateway = runningGateway(folder, simulated, mqtt);
    },
    restartServer: async () => {
      await server.stop();
      server = await startServer(serverSettings(folder, { http: portOf(address), mqtt: portOf(mqtt) }), log);
    },
    close: async () => {
      await gateway.stop();
      await server.stop();
      await simulated.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function simulate(): Promise<SimulatedCanteen> {
  const devices = [
    ...cameras.map((id) => ({ kind: 'camera' as const, id, ...account })),
    { kind: 'recorder' as const, id: 'recorder', channels: cameras.map((name) => ({ name, days: 95 })), ...account },
  ];
  return runCanteen({ host: '127.0.0.1', controlPort: 0, devices }, { media: await prepareMedia() });
}

/** The shipped standard, but for how long things may take: the numbers are data, so a test can have shorter ones. */
function serverSettings(folder: string, port: { http: number; mqtt: number }): ServerSettings {
  const standard = readSettings('config/standards/taiyuan-community-2022.yaml', Standard);
  return {
    listen: { host: '127.0.0.1', port: port.http },
    mqtt: { listen: { host: '127.0.0.1', port: port.mqtt } },
    authority: { folder: join(folder, 'server/authority'), names: [], gatewayDays: 90 },
    evidence: { folder: join(folder, 'server/evidence') },
    dataDir: join(folder, 'server'),
    state: { url: `sqlite:${join(folder, 'server/state.db')}` },
    telemetry: { url: `sqlite:${join(folder, 'server/telemetry.db')}`, queuePointsMax: 1000 },
    standard: { ...standard, gatewayHeard: { ...standard.gatewayHeard, silentAfterSeconds: 10 } },
    pages: resolve('dashboards/dist'),
    sweepSeconds: 1,
    keep: {
      eventsDays: 1,
      closedGapsDays: 1,
      evidenceDays: 1,
      evidenceMegabytesPerCanteen: 1,
      telemetryRawDays: 1,
      telemetryHourlyDays: 1,
    },
    canteens: [{ ...canteen, keySha256: createHash('sha256').update(gatewayKey).digest() }],
    sessions: { idleHours: 1, longestDays: 1 },
    log: { level: 'error' },
  };
}

function runningGateway(folder: string, simulated: SimulatedCanteen, mqtt: string): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = runGateway(gatewaySettings(folder, simulated, mqtt), { signal: stop.signal, log: silentLog });
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

function gatewaySettings(folder: string, simulated: SimulatedCanteen, mqtt: string): GatewaySettings {
  const addressOf = (id: string) => simulated.devices.get(id)?.onvifUrl ?? '';
  const recorder = simulated.devices.get('recorder');
  const tokens = recorder?.kind === 'recorder' ? recorder.recordings : [];
  return {
    canteen: canteen.id,
    server: { url: mqtt, key: gatewayKey },
    dataDir: join(folder, 'gateway'),
    zones,
    plan: roomsPlan({ zones, cameras: cameras.map((id) => ({ id, zone: zoneOf(id), sees: id === 'cooking-2' ? 'the middle' : 'all' })) }),
    cameras: cameras.map((id) => ({ id, name: id, zones: [zoneOf(id)], address: addressOf(id), credentials: account })),
    recorders: [
      {
        id: 'recorder',
        name: 'recorder',
        address: addressOf('recorder'),
        cameras,
        recordings: Object.fromEntries(cameras.map((id, index) => [id, tokens[index] ?? ''])),
        credentials: account,
      },
    ],
    intervals: { contact: 2, identity: 60, stream: 10, picture: 10, footage: 60, playback: 60, heartbeat: 3 },
    snapshotEverySeconds: 300,
    events: true,
    retentionDaysAsked: 92,
    outbox: { maxEvents: 1000, maxMegabytes: 10 },
    evidence: { maxMegabytes: 10 },
    log: { level: 'error' },
  };
}

function named({ rule, device, zone }: Gap): string {
  return [rule, device ?? zone].filter((part) => part !== undefined).join(' of ');
}

function portOf(address: string): number {
  return Number(new URL(address).port);
}
