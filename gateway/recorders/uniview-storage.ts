// Asks Uniview recorders for their disks by their LAPI.
import type { OnvifSession } from '../onvif/session.ts';
import { askMaker, type Disk, type StorageSource, storage } from './storage-source.ts';
import { at, dataOf, integerOf, univiewLapi } from './uniview-lapi.ts';

export const univiewStorage: StorageSource = { name: 'uniview-lapi', makers: univiewLapi.makers, read };

async function read(session: OnvifSession, options: { signal: AbortSignal }) {
  const disks = readContainers(await askMaker(session, '/LAPI/V1.0/Storage/Containers/DetailInfos', options));
  return storage({ method: univiewStorage.name, disks });
}

const megabyte = 1024 * 1024;

/** Throws DeviceError `malformed`, or `soap-fault` where the recorder answers with a fault of its own. */
export function readContainers(text: string): Disk[] {
  const data = dataOf(text);
  const lists = ['LocalHDDList', 'NASList', 'ArrayList'].map((name) => at(data, name));
  return lists.flatMap((list) => (Array.isArray(list) ? list : [])).flatMap((each) => diskOf(each) ?? []);
}

/** By number; 0 is an empty slot. */
const words = ['none', 'not formatted', 'formatting', 'healthy', 'asleep', 'abnormal', 'switching', 'unmounted'];
const states: Readonly<Record<string, Disk['state']>> = { healthy: 'ok', asleep: 'ok', abnormal: 'fault' };
const readWrite = 0;

function diskOf(container: unknown): Disk | undefined {
  const [id, status] = [integerOf(container, 'ID'), integerOf(container, 'Status')];
  const said = status === undefined ? undefined : (words[status] ?? String(status));
  if (said === 'none') return undefined;
  const [total, free] = [integerOf(container, 'TotalCapacity'), integerOf(container, 'RemainCapacity')];
  const isWritten = (integerOf(container, 'Property') ?? readWrite) === readWrite;
  return {
    name: String(id ?? '?'),
    state: states[said ?? ''] ?? 'unknown',
    said,
    room:
      isWritten && total !== undefined && free !== undefined ? { capacityBytes: total * megabyte, freeBytes: free * megabyte } : undefined,
  };
}
