// Asks by multicast which devices are on the local network (WS-Discovery).
import { Worker } from 'node:worker_threads';
import { DeviceError, printable } from './device-error.ts';
import { readProbeMatches } from './probe-matches.ts';

/** A device that made itself known; what it says of itself is a claim. */
export interface FoundDevice {
  /** Address of its device service. */
  address: string;
  via: 'multicast' | 'scan';
  name?: string;
  hardware?: string;
  /** Its own lasting identifier, `urn:uuid:…`. */
  endpoint?: string;
}

/** node-onvif listens for three seconds; the rest is for starting and ending. */
const deadlineMs = 8000;
const devicesMax = 1024;

/** One round; devices miss rounds, so ask several times and take all. Throws DeviceError where the network takes no multicast. */
export async function discoverByMulticast({ signal }: { signal: AbortSignal }): Promise<FoundDevice[]> {
  const worker = new Worker(new URL('./discovery-worker.ts', import.meta.url));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const giveUp = () => reject(new DeviceError('no-answer', 'multicast discovery did not end in time'));
  worker.once('message', resolve);
  worker.once('error', (cause) => reject(new DeviceError('internal', 'multicast discovery failed', { cause })));
  limit.addEventListener('abort', giveUp, { once: true });
  if (limit.aborted) giveUp();
  try {
    return readAnswer(await promise);
  } finally {
    limit.removeEventListener('abort', giveUp);
    await worker.terminate();
  }
}

function readAnswer(message: unknown): FoundDevice[] {
  const problem = field(message, 'problem');
  if (typeof problem === 'string') throw new DeviceError('unreachable', `the network takes no multicast: ${printable(problem)}`);
  const found = listIn(message, 'found');
  const known = new Set(found.map((each) => field(each, 'urn')));
  const missed = listIn(message, 'replies').flatMap((reply) => readProbeMatches(String(reply)).filter(({ urn }) => !known.has(urn)));
  const matches = [...found, ...new Map(missed.map((match) => [match.urn, match])).values()];
  return matches.slice(0, devicesMax).flatMap((each) => foundDevice(each) ?? []);
}

function listIn(message: unknown, key: string): unknown[] {
  const list = field(message, key);
  return Array.isArray(list) ? list : [];
}

function foundDevice(match: unknown): FoundDevice | undefined {
  const xaddrs = field(match, 'xaddrs');
  const address = Array.isArray(xaddrs) ? bestAddress(xaddrs.map(String)) : undefined;
  if (address === undefined) return undefined;
  const said = (key: string) => {
    const value = field(match, key);
    return typeof value === 'string' && value !== '' ? printable(safeDecode(value)) : undefined;
  };
  const [name, hardware, endpoint] = [said('name'), said('hardware'), said('urn')];
  return {
    address,
    via: 'multicast',
    ...(name === undefined ? {} : { name }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Link-local IPv6 comes first with some devices, and leads nowhere without a zone. */
function bestAddress(announced: readonly string[]): string | undefined {
  const urls = announced.flatMap((each) => URL.parse(each) ?? []).filter(({ protocol }) => /^https?:$/.test(protocol));
  return (urls.find(({ hostname }) => !hostname.startsWith('[')) ?? urls.find(({ hostname }) => !/^\[fe80/i.test(hostname)))?.href;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded, then.
    return text;
  }
}

function field(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? Object.getOwnPropertyDescriptor(from, key)?.value : undefined;
}
