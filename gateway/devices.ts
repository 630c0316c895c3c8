// The configured devices as the rest of the gateway uses them: how to look at each, and how to follow one that has moved.
import { join } from 'node:path';
import type { RecorderConfig, Settings } from './config.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Observation, Seen } from './observation.ts';
import { createAccount } from './onvif/account.ts';
import { parseDeviceAddress } from './onvif/address.ts';
import { readIdentity } from './onvif/device.ts';
import { DeviceError } from './onvif/device-error.ts';
import { createOnvifSession, type OnvifSession } from './onvif/session.ts';
import { createPictureFiles, type PictureFiles } from './picture-files.ts';
import { isOpenAt } from './pictures/opening-hours.ts';
import { probeAccount } from './probes/account.ts';
import { createContactProbe } from './probes/contact.ts';
import type { Device, ProbeOptions } from './probes/device.ts';
import { createListening } from './probes/events.ts';
import { type FootageOptions, probeFootage } from './probes/footage.ts';
import { probeIdentity } from './probes/identity.ts';
import { mainStreamOf } from './probes/main-stream.ts';
import { createPictureProbe } from './probes/picture.ts';
import { createPlaybackProbe } from './probes/playback.ts';
import { seen } from './probes/seen.ts';
import { probeStorage } from './probes/storage.ts';
import { probeStream } from './probes/stream.ts';
import type { StreamSource } from './probes/stream-source.ts';
import { type TakenPictures, takePicture } from './probes/take-picture.ts';
import type { Registry } from './registry.ts';
import { unobserved } from './supervise/unobserved.ts';
import type { Listening, Plan, Watched } from './supervise.ts';

export interface ConfiguredDevice {
  id: string;
  watched: Watched;
  /** Two devices with the same account are asked with the same password: once refused is refused for both. */
  account: string;
  /** The serial number of whatever answers at `address`, asked with this device's account. */
  serialAt(address: string, signal: AbortSignal): Promise<Seen<string>>;
  /** From now on the device is asked at `address`. */
  moveTo(address: string): void;
  /** Where its main stream is now. Throws DeviceError, `wrong-device` where another device answers at its address. */
  stream(signal: AbortSignal): Promise<StreamSource>;
  /** One picture, taken now and not judged. */
  takePicture(signal: AbortSignal): Promise<Seen<TakenPictures>>;
  /** What is kept on disk of its picture. */
  pictureFiles: PictureFiles;
}

export interface DevicesDeps {
  registry: Registry;
  ledger: Ledger;
  /** Keeps a small JPEG as evidence and gives its SHA-256. */
  keepPicture(jpeg: Buffer): Promise<string>;
  now: () => number;
}

type Config = Settings['cameras'][number] & Pick<RecorderConfig, 'recordings'> & { cameras?: string[] };

const deadlinesMs = {
  contact: 3000,
  identity: 10_000,
  account: 10_000,
  stream: 40_000,
  picture: 40_000,
  storage: 30_000,
  footage: 300_000,
  playback: 600_000,
};
/** Looks that are taken as often as another: who we are to the device changes with it, and a forecast needs disks and footage. */
const asOftenAs = { account: 'identity', storage: 'footage' } as const;
const eventsValidForMs = 900_000;

type Probe = (options: ProbeOptions) => Promise<Observation>;

export function createDevices(settings: Settings, deps: DevicesDeps): ConfiguredDevice[] {
  const cameras = settings.cameras.map((camera) => createDevice('camera', camera, settings, deps));
  const recorders = settings.recorders.map((recorder) => createDevice('recorder', { ...recorder, zones: [] }, settings, deps));
  return [...cameras, ...recorders];
}

function createDevice(
  kind: Device['kind'],
  config: Config,
  { dataDir, intervals, openingHours, retentionDaysAsked, snapshotEverySeconds, events }: Settings,
  { registry, ledger, keepPicture, now }: DevicesDeps,
): ConfiguredDevice {
  const { id, credentials, certificateFingerprint } = config;
  const sessionAt = (address: string, account = createAccount(credentials, now)) =>
    createOnvifSession({ address, account, certificateFingerprint, now });
  let address = registry.addressOf(id) ?? config.address;
  let session = sessionAt(address);
  // A session asks one thing at a time, and a question for events is open most of the time.
  let listener = sessionAt(address, session.account);
  const connect = () => {
    session = sessionAt(address);
    listener = sessionAt(address, session.account);
  };

  const device = (): Device => ({ id, kind, session, ...known(config, session, registry.serialOf(id)) });
  const plan = (name: keyof typeof deadlinesMs, probe: Probe): Plan => ({
    kind: name,
    everyMs: intervals[name === 'account' || name === 'storage' ? asOftenAs[name] : name] * 1000,
    deadlineMs: deadlinesMs[name],
    probe: (options) => probe({ ...options, keepPicture }),
  });
  const identify: Probe = async (options) => {
    const observation = await probeIdentity(device(), options);
    const { identity } = observation;
    if (identity.ok) registry.pin(id, identity.value.serial);
    return observation;
  };
  /** The pictures and footage of another device would be told under this one's name: every look first asks who answers. */
  const whoAnswers = async (options: Parameters<Plan['probe']>[0]) => {
    if (registry.serialOf(id) === undefined) return { ok: true as const }; // nothing to tell it from others by
    return (await probeIdentity(device(), options)).identity;
  };
  const ofItself = (name: Plan['kind'], probe: Probe): Probe => {
    return async (options) => {
      const itself = await whoAnswers(options);
      if (itself.ok) return probe(options);
      const { fault, detail } = itself;
      return unobserved(name, { device: id, address: session.address, at: now(), fault, detail });
    };
  };
  const stream = ofItself('stream', (options) => probeStream(device(), options));
  const pictureFiles = createPictureFiles(join(dataDir, 'pictures'), id);
  const isOpen = (at: number) => isOpenAt(openingHours, at);
  const probePicture = createPictureProbe({ files: pictureFiles, isOpen, keepPicture, snapshotEverySeconds });
  const picture = ofItself('picture', (options) => probePicture(device(), options));
  const storage = ofItself('storage', (options) => probeStorage(device(), options));
  const read: FootageOptions['read'] = (asked, question) => ledger.read(id, asked, question);
  const footage = ofItself('footage', (options) => probeFootage(device(), { ...options, daysAsked: retentionDaysAsked, read }));
  const listen = createListening(id);
  const listening: Listening = {
    kind: 'events',
    validForMs: eventsValidForMs,
    run: (options) =>
      listen(listener, {
        ...options,
        whoAnswers: (signal) => whoAnswers({ now, signal: AbortSignal.any([signal, AbortSignal.timeout(deadlinesMs.identity)]) }),
      }),
  };
  const probeContact = createContactProbe();
  const probePlayback = createPlaybackProbe();
  const playback = ofItself('playback', async (options) => {
    const observation = await probePlayback(device(), { ...options, daysAsked: retentionDaysAsked });
    ledger.played(observation);
    return observation;
  });

  return {
    id,
    account: JSON.stringify([credentials?.username, credentials?.password]),
    watched: {
      id,
      address: () => session.address,
      contact: plan('contact', (options) => probeContact(device(), options)),
      others: [
        plan('identity', identify),
        plan('account', (options) => probeAccount(device(), options)),
        ...(kind === 'camera'
          ? [plan('stream', stream), { ...plan('picture', picture), confirmsItself: true }]
          : [plan('storage', storage), plan('footage', footage), plan('playback', playback)]),
      ],
      // A session gives up a password for good once it is refused.
      retryPassword() {
        registry.forgetRefusal(id);
        connect();
      },
      refusal: () => registry.refusalOf(id, credentials),
      giveUpPassword: (refusal) => registry.refused(id, credentials, refusal),
      ...(events && kind === 'camera' ? { listening } : {}),
    },
    serialAt: (elsewhere, signal) =>
      seen(async () => {
        // A serial number can be copied, a pinned certificate cannot; and over http our password would go to whoever claims the number.
        if (certificateFingerprint !== undefined && parseDeviceAddress(elsewhere)?.protocol !== 'https:')
          throw new DeviceError('certificate', 'its certificate is registered, and this address shows none');
        return (await readIdentity(sessionAt(elsewhere), { signal })).serial;
      }),
    moveTo(found) {
      address = found;
      connect();
    },
    async stream(signal) {
      if (registry.serialOf(id) !== undefined) {
        const { identity } = await probeIdentity(device(), { signal, now });
        if (!identity.ok) throw new DeviceError(identity.fault, identity.detail);
      }
      const { address: stream } = await mainStreamOf(device(), signal);
      const url = URL.parse(stream);
      if (url === null) throw new DeviceError('no-stream', 'the address of the stream is no RTSP address');
      return { address: url, credentials };
    },
    takePicture: (signal) =>
      seen(async () => {
        const { address: stream } = await mainStreamOf(device(), signal);
        return session.streams.using(() => takePicture(stream, { credentials, signal }));
      }),
    pictureFiles,
  };
}

/** What of a device's probing is set down in the settings. */
function known({ address, streamUri, cameras, recordings }: Config, session: OnvifSession, expectedSerial: string | undefined) {
  return {
    ...(streamUri === undefined ? {} : { streamUri: followed(streamUri, address, session) }),
    ...(expectedSerial === undefined ? {} : { expectedSerial }),
    ...(cameras === undefined ? {} : { cameras }),
    ...(recordings === undefined ? {} : { recordings }),
  };
}

/** A stream written down at the device's own host moves along with the device; one at another host stays. */
function followed(streamUri: string, configured: string, session: OnvifSession): string {
  const isOwn = URL.parse(streamUri)?.hostname === parseDeviceAddress(configured)?.hostname;
  return (isOwn ? session.streamAddress(streamUri) : undefined) ?? streamUri;
}
