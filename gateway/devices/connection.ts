// One configured device on the network: where it is now, with whose account it is asked, and whether it is still itself.
import type { RecorderConfig, Settings } from '../config.ts';
import type { Seen } from '../observation.ts';
import { createAccount } from '../onvif/account.ts';
import { parseDeviceAddress } from '../onvif/address.ts';
import { readIdentity } from '../onvif/device.ts';
import { DeviceError } from '../onvif/device-error.ts';
import { createOnvifSession, type OnvifSession } from '../onvif/session.ts';
import type { Device, ProbeOptions } from '../probes/device.ts';
import { probeIdentity } from '../probes/identity.ts';
import { seen } from '../probes/seen.ts';
import type { Registry } from '../registry.ts';

export type DeviceConfig = Settings['cameras'][number] & Pick<RecorderConfig, 'recordings'> & { cameras?: string[] };

export interface Connection {
  /** As it is asked now. */
  device(): Device;
  /** For what keeps a connection busy: a session asks one thing at a time, and a question for events is open most of the time. */
  listener(): OnvifSession;
  /** Whether what answers is the device that was registered; one that never told a serial number cannot be told from others. */
  whoAnswers(options: Pick<ProbeOptions, 'signal' | 'now'>): Promise<Seen<unknown>>;
  /** The serial number of whatever answers at `address`, asked with this device's account. */
  serialAt(address: string, signal: AbortSignal): Promise<Seen<string>>;
  /** From now on the device is asked at `address`. */
  moveTo(address: string): void;
  /** A session gives up a password for good once it is refused; from now on there are new ones. */
  renew(): void;
}

export function createConnection(
  kind: Device['kind'],
  config: DeviceConfig,
  { registry, now }: { registry: Pick<Registry, 'serialOf' | 'addressOf'>; now: () => number },
): Connection {
  const { id, credentials, certificateFingerprint } = config;
  const sessionAt = (at: string, account = createAccount(credentials, now)) =>
    createOnvifSession({ address: at, account, certificateFingerprint, now });
  const sessionsAt = (at: string) => {
    const session = sessionAt(at);
    return { session, listener: sessionAt(at, session.account) };
  };
  let address = registry.addressOf(id) ?? config.address;
  let { session, listener } = sessionsAt(address);

  const device = (): Device => ({ id, kind, session, ...known(config, session, registry.serialOf(id)) });
  const renew = () => {
    ({ session, listener } = sessionsAt(address));
  };

  return {
    device,
    listener: () => listener,
    async whoAnswers(options) {
      if (registry.serialOf(id) === undefined) return { ok: true, value: undefined };
      return (await probeIdentity(device(), options)).identity;
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
      renew();
    },
    renew,
  };
}

/** What of a device's probing is set down in the settings. */
function known({ address, streamUri, cameras, recordings }: DeviceConfig, session: OnvifSession, expectedSerial: string | undefined) {
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
