// Asks Dahua recorders for their disks by their CGI.
import type { OnvifSession } from '../onvif/session.ts';
import { dahuaCgi, readTable } from './dahua-cgi.ts';
import { askMaker, type Disk, type StorageSource, storage } from './storage-source.ts';

export const dahuaStorage: StorageSource = { name: 'dahua-cgi', makers: dahuaCgi.makers, read };

async function read(session: OnvifSession, options: { signal: AbortSignal }) {
  const disks = readDevices(await askMaker(session, '/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo', options));
  return storage({ method: dahuaStorage.name, disks });
}

interface Device {
  name?: string;
  state?: string;
  details: Map<number, Map<string, string>>;
}

/** `list.info[0].Detail[1].TotalBytes=…`: a disk, and its partitions. */
export function readDevices(text: string): Disk[] {
  const devices = new Map<number, Device>();
  for (const [key, value] of readTable(text)) {
    const [, index, rest = ''] = /^list\.info\[(\d{1,3})\]\.(.+)$/.exec(key) ?? [];
    if (index === undefined) continue;
    const device: Device = devices.get(Number(index)) ?? { details: new Map() };
    devices.set(Number(index), device);
    const [, detail, field] = /^Detail\[(\d{1,3})\]\.(\w+)$/.exec(rest) ?? [];
    if (rest === 'Name') device.name = value;
    if (rest === 'State') device.state = value;
    if (detail === undefined || field === undefined) continue;
    const fields = device.details.get(Number(detail)) ?? new Map<string, string>();
    device.details.set(Number(detail), fields.set(field, value));
  }
  const listed = [...devices.values()];
  // Where disks are joined to an array, footage is on the array; its disks are listed as well on some models.
  const arrays = listed.some(({ name }) => isArray(name));
  return listed.map((device) => diskOf(device, { written: !arrays || isArray(device.name) }));
}

function isArray(name: string | undefined): boolean {
  return /^\/dev\/md/.test(name ?? '');
}

function diskOf({ name = '?', state: said, details }: Device, { written }: { written: boolean }): Disk {
  const partitions = [...details.values()].filter((each) => (each.get('Type') ?? 'ReadWrite') === 'ReadWrite');
  const sum = (field: string) => partitions.reduce((all, each) => all + Number(each.get(field) ?? Number.NaN), 0);
  const [total, used] = [sum('TotalBytes'), sum('UsedBytes')];
  const isTold = partitions.length > 0 && total > 0 && used >= 0;
  return {
    name,
    state: stateOf(said, [...details.values()]),
    said,
    room: written && isTold ? { capacityBytes: total, freeBytes: Math.max(0, total - used) } : undefined,
  };
}

function stateOf(said: string | undefined, details: ReadonlyMap<string, string>[]): Disk['state'] {
  if (details.some((each) => each.get('IsError') === 'true') || /fail|error|degrad|crash/i.test(said ?? '')) return 'fault';
  return said === 'Success' ? 'ok' : 'unknown';
}
