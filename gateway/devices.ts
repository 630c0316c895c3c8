// The configured devices as the rest of the gateway uses them: how to look at each, and how to follow one that has moved.
import { join } from 'node:path';
import type { Settings } from './config.ts';
import { cameraListening, cameraLooks } from './devices/camera.ts';
import { type Connection, createConnection, type DeviceConfig } from './devices/connection.ts';
import { type DeviceLook, ofItself, planOf } from './devices/device-look.ts';
import { recorderLooks } from './devices/recorder.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Seen } from './observation.ts';
import { DeviceError } from './onvif/device-error.ts';
import { createPictureFiles, type PictureFiles } from './picture-files.ts';
import { probeAccount } from './probes/account.ts';
import { createContactProbe } from './probes/contact.ts';
import type { Device } from './probes/device.ts';
import { probeIdentity } from './probes/identity.ts';
import { mainStreamOf } from './probes/main-stream.ts';
import { seen } from './probes/seen.ts';
import type { StreamSource } from './probes/stream-source.ts';
import { type TakenPictures, takePicture } from './probes/take-picture.ts';
import type { Registry } from './registry.ts';
import type { Watched } from './supervise.ts';

export interface ConfiguredDevice extends Pick<Connection, 'serialAt' | 'moveTo'> {
  id: string;
  watched: Watched;
  /** Two devices with the same account are asked with the same password: once refused is refused for both. */
  account: string;
  /** Where its main stream is now. Throws DeviceError, `wrong-device` where another device answers at its address. */
  stream(signal: AbortSignal): Promise<StreamSource>;
  /** One picture, taken now and not judged. */
  takePicture(signal: AbortSignal): Promise<Seen<TakenPictures>>;
  /** What is kept on disk of its picture. */
  pictureFiles: PictureFiles;
}

export interface DevicesDeps {
  registry: Registry;
  ledger: Pick<Ledger, 'read' | 'played'>;
  /** Keeps a small JPEG as evidence and gives its SHA-256. */
  keepPicture(jpeg: Buffer): Promise<string>;
  now: () => number;
}

export function createDevices(settings: Settings, deps: DevicesDeps): ConfiguredDevice[] {
  const cameras = settings.cameras.map((camera) => createDevice('camera', camera, settings, deps));
  const recorders = settings.recorders.map((recorder) => createDevice('recorder', { ...recorder, zones: [] }, settings, deps));
  return [...cameras, ...recorders];
}

function createDevice(kind: Device['kind'], config: DeviceConfig, settings: Settings, deps: DevicesDeps): ConfiguredDevice {
  const { id, credentials } = config;
  const { registry, now } = deps;
  const connection = createConnection(kind, config, deps);
  const { device, serialAt, moveTo } = connection;
  const pictureFiles = createPictureFiles(join(settings.dataDir, 'pictures'), id);
  const planFor = (look: DeviceLook) => planOf(look, { ...deps, connection });
  const ofItsKind = kind === 'camera' ? cameraLooks(settings, { ...deps, files: pictureFiles }) : recorderLooks(id, settings, deps);

  return {
    id,
    account: JSON.stringify([credentials?.username, credentials?.password]),
    watched: {
      id,
      address: () => device().session.address,
      contact: planFor(contactLook(settings)),
      others: [identityLook(settings, registry), ...[accountLook(settings), ...ofItsKind].map((look) => ofItself(look, connection))].map(
        planFor,
      ),
      retryPassword() {
        registry.forgetRefusal(id);
        connection.renew();
      },
      refusal: () => registry.refusalOf(id, credentials),
      giveUpPassword: (refusal) => registry.refused(id, credentials, refusal),
      ...(settings.events && kind === 'camera' ? { listening: cameraListening(id, connection, now) } : {}),
    },
    serialAt,
    moveTo,
    async stream(signal) {
      const itself = await connection.whoAnswers({ signal, now });
      if (!itself.ok) throw new DeviceError(itself.fault, itself.detail);
      const { address } = await mainStreamOf(device(), signal);
      const url = URL.parse(address);
      if (url === null) throw new DeviceError('no-stream', 'the address of the stream is no RTSP address');
      return { address: url, credentials };
    },
    takePicture: (signal) =>
      seen(async () => {
        const { session } = device();
        const { address } = await mainStreamOf(device(), signal);
        return session.streams.using(() => takePicture(address, { credentials, signal }));
      }),
    pictureFiles,
  };
}

function contactLook({ intervals }: Settings): DeviceLook {
  return { kind: 'contact', everySeconds: intervals.contact, deadlineMs: 3000, probe: createContactProbe() };
}

function identityLook({ intervals }: Settings, registry: Registry): DeviceLook {
  const identify: DeviceLook['probe'] = async (device, options) => {
    const observation = await probeIdentity(device, options);
    const { identity } = observation;
    if (identity.ok) registry.pin(device.id, identity.value.serial);
    return observation;
  };
  return { kind: 'identity', everySeconds: intervals.identity, deadlineMs: 10_000, probe: identify };
}

/** As often as who the device is: who we are to it changes with that. */
function accountLook({ intervals }: Settings): DeviceLook {
  return { kind: 'account', everySeconds: intervals.identity, deadlineMs: 10_000, probe: probeAccount };
}
