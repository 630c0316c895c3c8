// Asks addresses one by one whether an ONVIF device is there: for networks that carry no multicast.
import { lookup } from 'node:dns/promises';
import type { FaultCode } from '#contract/fault-code.ts';
import { parseDeviceAddress } from './address.ts';
import { DeviceError } from './device-error.ts';
import type { FoundDevice } from './discovery.ts';
import { createOnvifSession } from './session.ts';

const usualPorts = [80, 8000, 8080, 8899, 2020];
/** Where nobody is, nothing comes back, and that takes its two seconds: a /24 with its five ports is through after two rounds. */
const atOnce = 640;
const answerMs = 2000;
const prefixMin = 20;

/**
 * Asks every target, at its port or, where it names none, at those cameras usually have. `signal` ends the scan, with what was found until then.
 * Throws an Error with a sentence for a target that is none.
 */
export async function scanAddresses(
  targets: readonly string[],
  { signal, now }: { signal: AbortSignal; now: () => number },
): Promise<FoundDevice[]> {
  const addresses = [...new Set(targets.flatMap(expandTarget))];
  const found: FoundDevice[] = [];
  const queue = addresses.values();
  const worker = async () => {
    for (const address of queue) {
      if (signal.aborted) return;
      if (await answers(address, { signal, now })) found.push({ address, via: 'scan' });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, addresses.length) }, worker));
  return found.toSorted((a, b) => addresses.indexOf(a.address) - addresses.indexOf(b.address));
}

/** `192.168.1.64`, `camera.lan:8000`, `http://host/path` or `192.168.1.0/24` (at most /20) as addresses of device services. Throws an Error for anything else. */
export function expandTarget(target: string): string[] {
  const [, network = '', prefix] = /^([\d.]+)\/(\d{1,2})$/.exec(target) ?? [];
  if (prefix !== undefined) return hostsOf(network, Number(prefix), target).flatMap(withPorts);
  const url = parseDeviceAddress(target);
  if (url === undefined)
    throw new Error(`${target} cannot be scanned; allowed: a host, host:port, http(s)://… or an IPv4 network like 192.168.1.0/24`);
  return url.port === '' && !target.includes('://') ? withPorts(target) : [url.href];
}

function withPorts(host: string): string[] {
  return usualPorts.map((port) => `http://${host}${port === 80 ? '' : `:${port}`}/onvif/device_service`);
}

function hostsOf(network: string, prefix: number, target: string): string[] {
  const parts = network.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part <= 255)) || prefix < prefixMin || prefix > 32)
    throw new Error(`${target} cannot be scanned; allowed are IPv4 networks from /${prefixMin} to /32`);
  const size = 2 ** (32 - prefix);
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  const first = address - (address % size);
  const all = Array.from({ length: size }, (_, index) => first + index);
  // The first and last address of a network belong to no device.
  return (size > 2 ? all.slice(1, -1) : all).map((each) => [24, 16, 8, 0].map((shift) => Math.floor(each / 2 ** shift) % 256).join('.'));
}

/** Where a name that was typed leads nowhere, that is worth more than "no device answered". */
export async function unresolvable(targets: readonly string[]): Promise<string[]> {
  const hosts = targets
    .filter((target) => !target.includes('/') || target.includes('://'))
    .map((target) => [target, parseDeviceAddress(target)?.hostname ?? ''] as const);
  const looked = await Promise.all(hosts.map(async ([target, host]) => ((await resolves(host)) ? [] : [target])));
  return looked.flat();
}

async function resolves(host: string): Promise<boolean> {
  return lookup(host.replace(/^\[|\]$/g, '')).then(
    () => true,
    () => false,
  );
}

/** A device that keeps even its clock to itself says so in a fault. */
const signsOfLife: ReadonlySet<FaultCode> = new Set(['soap-fault', 'not-supported', 'credentials-refused', 'locked', 'busy']);

async function answers(address: string, { signal, now }: { signal: AbortSignal; now: () => number }): Promise<boolean> {
  try {
    await createOnvifSession({ address, now }).readClock({ signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
    return true;
  } catch (thrown) {
    return thrown instanceof DeviceError && signsOfLife.has(thrown.fault);
  }
}
