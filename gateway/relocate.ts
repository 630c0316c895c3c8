// Looks for devices that no longer answer where they did, by their serial number, and follows them to their new address.
import type { Sleep } from './clock.ts';
import type { ConfiguredDevice } from './devices.ts';
import type { Log } from './log.ts';
import type { Registry } from './registry.ts';

export interface Relocation {
  /** Looks whenever devices are missing, until `signal` fires. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks once, now. Rejects where it cannot look. */
  search(signal: AbortSignal): Promise<{ found: number; moved: string[] }>;
}

export interface RelocationDeps {
  devices: Pick<ConfiguredDevice, 'id' | 'account' | 'serialAt'>[];
  /** The ids of devices that do not answer where they should. */
  lost(): string[];
  /** host:port at which one of our devices is known to answer. */
  taken(): string[];
  /** Everything on the network that looks like a device: its address, and host:port of it. */
  find(signal: AbortSignal): Promise<{ address: string; hostAndPort: string }[]>;
  /** The device is at `address` now. */
  follow(device: string, address: string): void;
  registry: Pick<Registry, 'serialOf'>;
  now: () => number;
  sleep: Sleep;
  log: Log;
}

const searchAfterMs = 60_000;
const searchAfterMsMax = 900_000;
const askMs = 5000;
/** An address that was asked is not asked again so soon: our password may be wrong there, and would in the end lock it. */
const answerHoldsMs = 3_600_000;
const answersMax = 4096;

export function createRelocation(deps: RelocationDeps): Relocation {
  const { registry, now, sleep, log } = deps;
  const answers = new Map<string, { serial: string | undefined; at: number }>();

  const serialAt = async (device: RelocationDeps['devices'][number], address: string, signal: AbortSignal) => {
    const key = `${address} ${device.account}`;
    const known = answers.get(key);
    if (known !== undefined && Math.abs(now() - known.at) < answerHoldsMs) return known.serial;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(askMs)]);
    const serial = await device.serialAt(address, limit).catch(() => undefined);
    if (answers.size >= answersMax) answers.clear();
    answers.set(key, { serial, at: now() });
    return serial;
  };

  const search = async (signal: AbortSignal) => {
    const taken = new Set(deps.taken());
    const found = await deps.find(signal);
    const strangers = found.filter(({ hostAndPort }) => !taken.has(hostAndPort));
    const moved: string[] = [];
    for (const device of missing(deps)) {
      for (const { address } of strangers) {
        if (signal.aborted || (await serialAt(device, address, signal)) !== registry.serialOf(device.id)) continue;
        log.warn({ device: device.id, address }, 'the device answers at another address and is followed there');
        deps.follow(device.id, address);
        moved.push(device.id);
        break;
      }
    }
    return { found: found.length, moved };
  };

  return {
    search,
    async run(signal) {
      let waitMs = searchAfterMs;
      while (!signal.aborted) {
        await sleep(waitMs, signal);
        if (signal.aborted || missing(deps).length === 0) {
          waitMs = searchAfterMs;
          continue;
        }
        await search(signal).catch((err: unknown) => log.warn({ err }, 'the network could not be searched for missing devices'));
        waitMs = Math.min(2 * waitMs, searchAfterMsMax);
      }
    },
  };
}

/** A device that never told a serial number of its own cannot be told from others. */
function missing({ devices, lost, registry }: RelocationDeps) {
  const ids = new Set(lost());
  const serials = devices.map(({ id }) => registry.serialOf(id));
  return devices.filter(({ id }) => {
    const serial = registry.serialOf(id);
    return ids.has(id) && serial !== undefined && serials.filter((other) => other === serial).length === 1;
  });
}
