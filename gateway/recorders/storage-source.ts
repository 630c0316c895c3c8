// What every way of asking a recorder for its disks has in common: the question, and the form of the answer.
import type { StorageMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import type { MakersWay } from './maker.ts';

/** One way of asking. `read` throws DeviceError; `not-supported` gives the next way its turn. */
export interface StorageSource extends MakersWay {
  name: string;
  read(session: OnvifSession, options: { signal: AbortSignal }): Promise<StorageMeasured>;
}

export interface Disk {
  name: string;
  state: StorageMeasured['disks'][number]['state'];
  /** The recorder's own word for it. */
  said: string | undefined;
  /** Undefined where footage is not written to it, or that cannot be told. */
  room: { capacityBytes: number; freeBytes: number } | undefined;
}

/** The whole answer. A disk that is not sound is no room for footage. */
export function storage(about: {
  method: string;
  disks: readonly Disk[];
  overwrites?: boolean | undefined;
  retentionDaysMax?: number | undefined;
}): StorageMeasured {
  const { method, overwrites, retentionDaysMax } = about;
  const disks = about.disks.slice(0, disksMax);
  if (disks.length === 0 && retentionDaysMax === undefined) throw new DeviceError('not-supported', `${method}: the recorder lists no disk`);
  const rooms = disks.flatMap(({ state, room }) => (state === 'ok' && room !== undefined ? [room] : []));
  const sum = (numbers: number[]) => Math.round(numbers.reduce((all, each) => all + each, 0));
  return {
    method,
    ...(rooms.length === 0
      ? {}
      : { capacityBytes: sum(rooms.map((room) => room.capacityBytes)), freeBytes: sum(rooms.map((room) => room.freeBytes)) }),
    ...(overwrites === undefined ? {} : { overwrites }),
    ...(retentionDaysMax === undefined ? {} : { retentionDaysMax }),
    disks: disks.map(({ name, state, said }) => ({
      name: name.slice(0, 64),
      state,
      ...(said === undefined ? {} : { said: said.slice(0, 64) }),
    })),
  };
}

const disksMax = 64;

/** What is answered to a path of a maker's own interface. Whoever does not have it says so in many ways: that gives the next way its turn. */
export async function askMaker(session: OnvifSession, path: string, { signal }: { signal: AbortSignal }): Promise<string> {
  const { status, body } = await session.fetch(`http://${session.address}${path}`, { signal, answers: notHere });
  if (status !== 200) throw new DeviceError('not-supported', `the recorder answers ${path} with HTTP ${status}`);
  return body.toString('utf8');
}

/** 403: what a model does not have, or an account may not see; a wrong password is 401. 599: Uniview's word for a path it does not know. */
const notHere = [400, 403, 404, 405, 500, 501, 599];
