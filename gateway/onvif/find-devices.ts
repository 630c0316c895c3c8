// Looks for devices in every way there is, and gives each one once.
import { hostAndPort, parseDeviceAddress } from './address.ts';
import { asDeviceError } from './device-error.ts';
import { discoverByMulticast, type Found, type FoundDevice } from './discovery.ts';
import { scanAddresses } from './scan.ts';

export interface FindOptions {
  multicast: boolean;
  /** Hosts, host:port or IPv4 networks to ask one by one. */
  scan: readonly string[];
  signal: AbortSignal;
  now: () => number;
}

/** Throws an Error for a scan target that is none. */
export async function findDevices({ multicast, scan, signal, now }: FindOptions): Promise<Found> {
  const failed = (thrown: unknown): Found => ({ devices: [], problems: [asDeviceError(thrown).detail] });
  const asked = multicast ? discoverByMulticast({ signal }).catch(failed) : { devices: [], problems: [] };
  const [{ devices: announced, problems }, answering] = await Promise.all([asked, scanAddresses(scan, { signal, now })]);
  const devices = new Map<string, FoundDevice>();
  // What a device said of itself is worth more than that it answered.
  for (const device of [...announced, ...answering]) {
    const url = parseDeviceAddress(device.address);
    const key = url === undefined ? device.address : hostAndPort(url);
    if (!devices.has(key)) devices.set(key, device);
  }
  return { devices: [...devices.values()], problems };
}
