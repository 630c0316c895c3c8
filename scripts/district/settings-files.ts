// Writes the settings a district's programs run with: the same files a real site has, with passwords beside them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { SimulatedCanteen } from '../../test/simulators/canteen.ts';
import type { DistrictCanteen } from './canteen.ts';
import { deviceAccount } from './canteen.ts';

export interface SettingsFiles {
  /** Gives the file to start the server with. `port` 0 takes any free one. */
  server(canteens: DistrictCanteen[], port: number): string;
  /** Gives the file to start one gateway with. */
  gateway(canteen: DistrictCanteen, simulated: SimulatedCanteen, mqttUrl: string): string;
}

/** Everything below `folder`; secrets are made once, readable by this user only, and kept for the next start. */
export function settingsFiles(folder: string): SettingsFiles {
  const passwordFile = () => secret(resolve(folder, 'keys', 'devices'), () => deviceAccount.password);

  return {
    server: (canteens, port) =>
      write(resolve(folder, 'server.yaml'), {
        listen: { port, tls: onThisMachine },
        mqtt: { listen: { port: 0 }, tls: onThisMachine },
        dataDir: 'server',
        standard: resolve('config/standards/taiyuan-community-2022.yaml'),
        pages: resolve('dashboards/dist'),
        canteens: canteens.map(({ id, name, district }) => ({ id, name, district })),
      }),
    gateway: (canteen, simulated, mqttUrl) => {
      const account = { username: deviceAccount.username, passwordFile: passwordFile() };
      return write(resolve(folder, `gateway-${canteen.id}.yaml`), {
        canteen: canteen.id,
        server: { url: mqttUrl },
        dataDir: gatewayDataDir(folder, canteen.id),
        zones: canteen.zones,
        ...(canteen.plan === undefined ? {} : { plan: write(resolve(folder, `plan-${canteen.id}.json`), canteen.plan) }),
        cameras: canteen.cameras.map(({ id, name, zone }) => ({ id, name, zones: [zone], address: onvifUrl(simulated, id), ...account })),
        recorders: [
          {
            id: canteen.recorder.id,
            name: canteen.recorder.name,
            address: onvifUrl(simulated, canteen.recorder.id),
            cameras: canteen.cameras.map(({ id }) => id),
            recordings: recordingsOf(canteen, simulated),
            ...account,
          },
        ],
      });
    },
  };
}

const onThisMachine = { host: '127.0.0.1', port: 0 };

export function gatewayDataDir(folder: string, canteen: string): string {
  return resolve(folder, `gateway-${canteen}`);
}

/** JSON is YAML, and needs no quoting rules. */
function write(file: string, settings: object): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
  return file;
}

function secret(file: string, make: () => string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o600 });
  return file;
}

function deviceOf(simulated: SimulatedCanteen, id: string) {
  const device = simulated.devices.get(id);
  if (device === undefined) throw new RangeError(`no simulated device is called ${id}`);
  return device;
}

function onvifUrl(simulated: SimulatedCanteen, id: string): string {
  return deviceOf(simulated, id).onvifUrl;
}

function recordingsOf({ cameras, recorder }: DistrictCanteen, simulated: SimulatedCanteen): Record<string, string> {
  const device = deviceOf(simulated, recorder.id);
  const tokens = device.kind === 'recorder' ? device.recordings : [];
  return Object.fromEntries(cameras.flatMap(({ id }, index) => (tokens[index] === undefined ? [] : [[id, tokens[index]]])));
}
