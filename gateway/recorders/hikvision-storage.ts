// Asks Hikvision recorders for their disks by their ISAPI, and whether the oldest footage makes room.
import { isRefusal } from '../onvif/account.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { child, children, numberOf, parseXml, textOf, type XmlNode } from '../onvif/xml-node.ts';
import { readDurationDays } from './duration.ts';
import { hikvisionIsapi } from './hikvision-isapi.ts';
import { askMaker, type Disk, type StorageSource, storage } from './storage-source.ts';

export const hikvisionStorage: StorageSource = { name: 'hikvision-isapi', makers: hikvisionIsapi.makers, read };

async function read(session: OnvifSession, options: { signal: AbortSignal }) {
  const disks = readDisks(await askMaker(session, '/ISAPI/ContentMgmt/Storage/hdd', options));
  const tracks = await askMaker(session, '/ISAPI/ContentMgmt/record/tracks', options).then(readTrackSettings).catch(untold);
  return storage({ method: hikvisionStorage.name, disks, ...tracks });
}

/** The disks are told all the same. */
function untold(thrown: unknown): ReturnType<typeof readTrackSettings> {
  if (isRefusal(thrown) || !(thrown instanceof DeviceError)) throw thrown;
  return {};
}

/** An hddList, bare or inside the description of all storage. Throws DeviceError `malformed`. */
export function readDisks(text: string): Disk[] {
  const root = parseXml(text);
  const list = root.name === 'hddList' ? root : child(root, 'hddList');
  if (list === undefined) throw new DeviceError('malformed', `asked for a hddList, the recorder answers with ${root.name}`);
  return children(list, 'hdd').flatMap((hdd) => diskOf(hdd) ?? []);
}

const megabyte = 1024 * 1024;
const states: Readonly<Record<string, Disk['state']>> = {
  ok: 'ok',
  idle: 'ok',
  sleeping: 'ok',
  error: 'fault',
  smartfailed: 'fault',
  abnormal: 'fault',
  mismatch: 'fault',
  offline: 'fault',
};

/** An empty slot is listed as well, as `notexist`. */
function diskOf(hdd: XmlNode): Disk | undefined {
  const said = textOf(hdd, 'status');
  if (said?.toLowerCase() === 'notexist') return undefined;
  const [capacity, free] = [numberOf(hdd, 'capacity'), numberOf(hdd, 'freeSpace')];
  // A redundant disk holds copies only, and a read-only one nothing new.
  const isWritten = (textOf(hdd, 'property') ?? 'RW') === 'RW';
  return {
    name: textOf(hdd, 'hddName') ?? textOf(hdd, 'id') ?? '?',
    state: states[said?.toLowerCase() ?? ''] ?? 'unknown',
    said,
    room:
      isWritten && capacity !== undefined && free !== undefined
        ? { capacityBytes: capacity * megabyte, freeBytes: free * megabyte }
        : undefined,
  };
}

/** What its tracks are set to; where they differ, what is worst for the footage. */
export function readTrackSettings(text: string): { overwrites?: boolean; retentionDaysMax?: number } {
  const tracks = children(parseXml(text), 'Track');
  const loops = tracks.flatMap((track) => textOf(track, 'LoopEnable') ?? []);
  const limits = tracks.flatMap((track) => readDurationDays(textOf(track, 'Duration')) ?? []).filter((days) => days > 0);
  return {
    ...(loops.length === 0 ? {} : { overwrites: loops.every((loop) => loop === 'true') }),
    ...(limits.length === 0 ? {} : { retentionDaysMax: Math.min(...limits) }),
  };
}
