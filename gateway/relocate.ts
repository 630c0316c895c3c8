// Looks for devices that no longer answer where they did, by their serial number, and follows them to their new address.
import type { Fact } from '#contract/facts.ts';
import type { Sleep } from './clock.ts';
import type { ConfiguredDevice } from './devices.ts';
import type { Log } from './log.ts';
import type { Registry } from './registry.ts';
import { isRefusal } from './supervise/look.ts';
import type { Watched } from './supervise.ts';

export interface Relocation {
  /** Looks whenever devices are missing, until `signal` fires. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks once, now. Rejects where it cannot look. */
  search(signal: AbortSignal): Promise<{ found: number; moved: string[] }>;
}

export interface RelocationDeps {
  devices: (Pick<ConfiguredDevice, 'id' | 'account' | 'serialAt'> & { watched: Pick<Watched, 'address'> })[];
  /** The newest fact of every check: they tell which devices do not answer where they should, or not to our password. */
  facts(): Fact[];
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
/** Where our password was refused it is not tried again so soon: in the end it would lock the account. */
const refusalHoldsMs = 3_600_000;
const refusalsMax = 4096;

export function createRelocation(deps: RelocationDeps): Relocation {
  const { registry, now, sleep, log } = deps;
  const refusals = new Map<string, number>();

  const serialAt = async (device: RelocationDeps['devices'][number], address: string, signal: AbortSignal) => {
    const key = keyOf(device, address);
    const refusedAt = refusals.get(key);
    if (refusedAt !== undefined && Math.abs(now() - refusedAt) < refusalHoldsMs) return undefined;
    const serial = await device.serialAt(address, AbortSignal.any([signal, AbortSignal.timeout(askMs)]));
    if (serial.ok) return serial.value;
    if (refusals.size >= refusalsMax) refusals.clear();
    if (serial.fault === 'credentials-refused' || serial.fault === 'locked') refusals.set(key, now());
    return undefined;
  };

  const search = async (signal: AbortSignal) => {
    const ids = lost(deps);
    const taken = new Set(deps.devices.filter(({ id }) => !ids.has(id)).map(({ watched }) => watched.address()));
    const found = await deps.find(signal);
    const strangers = found.filter(({ hostAndPort }) => !taken.has(hostAndPort));
    const asked = new Map<string, Promise<string | undefined>>();
    const moved: string[] = [];
    for (const device of missing(deps)) {
      const here = device.watched.address();
      for (const { address, hostAndPort } of strangers) {
        if (signal.aborted || hostAndPort === here) continue; // what answers where it should be is the supervisor's to ask
        const answer = asked.get(keyOf(device, address)) ?? serialAt(device, address, signal);
        asked.set(keyOf(device, address), answer);
        if ((await answer) !== registry.serialOf(device.id)) continue;
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
      let known = new Set<string>();
      let waitMs = searchAfterMs;
      let waitedMs = 0;
      while (!signal.aborted) {
        await sleep(searchAfterMs, signal);
        waitedMs += searchAfterMs;
        const ids = missing(deps).map(({ id }) => id);
        // One that is gone for good must not make the others wait.
        if (ids.some((id) => !known.has(id))) waitMs = searchAfterMs;
        known = new Set(ids);
        if (signal.aborted || ids.length === 0 || waitedMs < waitMs) continue;
        await search(signal).catch((err: unknown) => log.warn({ err }, 'the network could not be searched for missing devices'));
        waitMs = Math.min(2 * waitMs, searchAfterMsMax);
        waitedMs = 0;
      }
    },
  };
}

/** Whoever asks there with the same account gets the same answer. */
function keyOf({ account }: { account: string }, address: string): string {
  return `${address} ${account}`;
}

/** A device that never told a serial number of its own cannot be told from others. */
function missing({ devices, registry, ...deps }: RelocationDeps) {
  const ids = lost(deps);
  const serials = devices.map(({ id }) => registry.serialOf(id));
  return devices.filter(({ id }) => {
    const serial = registry.serialOf(id);
    return ids.has(id) && serial !== undefined && serials.filter((other) => other === serial).length === 1;
  });
}

function lost({ facts }: Pick<RelocationDeps, 'facts'>): Set<string> {
  return new Set(
    facts()
      .filter(isAstray)
      .map(({ device }) => device),
  );
}

/** Silent, or somebody else answers in its place, who may not even know our password. */
function isAstray(fact: Fact): boolean {
  return isRefusal(fact) || (fact.outcome === 'fault' && (fact.check === 'reachable' || fact.fault === 'wrong-device'));
}
