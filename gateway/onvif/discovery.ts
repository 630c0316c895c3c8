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

export interface Found {
  devices: FoundDevice[];
  /** One sentence for each way that failed, wholly or in part. */
  problems: string[];
}

/** node-onvif listens for three seconds; the rest is for starting and ending. */
const deadlineMs = 8000;
const devicesMax = 1024;

/** One round; devices miss rounds, so ask several times and take all. Throws DeviceError where the network takes no multicast. */
export async function discoverByMulticast({ signal }: { signal: AbortSignal }): Promise<Found> {
  const worker = new Worker(new URL('./discovery-worker.ts', import.meta.url));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const replies: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  let problem: string | undefined;
  // Whatever one reply did to the worker: the others came, and there may have been more.
  const giveUp = (why: DeviceError) => {
    if (replies.length === 0 || signal.aborted) return reject(why);
    problem = `${why.detail}; there may be more devices than were found`;
    resolve([]);
  };
  const tooLate = () => giveUp(new DeviceError('no-answer', 'multicast discovery did not end in time'));
  worker.on('message', (message) => {
    const [reply, found, refused] = ['reply', 'found', 'problem'].map((key) => field(message, key));
    if (typeof reply === 'string') replies.push(reply);
    else if (Array.isArray(found)) resolve(found);
    else giveUp(new DeviceError('unreachable', `the network takes no multicast: ${printable(String(refused))}`));
  });
  worker.once('error', (cause) => giveUp(new DeviceError('internal', 'multicast discovery failed', { cause })));
  limit.addEventListener('abort', tooLate, { once: true });
  if (limit.aborted) tooLate();
  try {
    const devices = devicesIn(await promise, replies);
    return { devices, problems: problem === undefined ? [] : [problem] };
  } finally {
    limit.removeEventListener('abort', tooLate);
    await worker.terminate();
  }
}

function devicesIn(found: readonly unknown[], replies: readonly string[]): FoundDevice[] {
  const known = new Set(found.map((each) => field(each, 'urn')));
  const missed = replies.flatMap((reply) => readProbeMatches(reply).filter(({ urn }) => !known.has(urn)));
  const matches = [...found, ...new Map(missed.map((match) => [match.urn, match])).values()];
  return matches.slice(0, devicesMax).flatMap((each) => foundDevice(each) ?? []);
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
