// Keeps the disk of the recording in order: what is too old goes, what must stay is kept, and a disk that will not do is told in time.
import type { StorageMeasured } from '#contract/footage.ts';
import type { Log } from '../log.ts';
import type { DiskSpace, FootageFolder } from './footage-folder.ts';
import type { FootageIndex } from './footage-index.ts';
import { daysOfRoom, type Keeping, keptFrom, planRetention } from './retention.ts';

export interface Disk {
  /** How things stand. Throws DeviceError where the disk does not answer. */
  measure(): Promise<StorageMeasured>;
  /** Removes what has to go. Resolves to whether there is room to record. */
  tidy(): Promise<boolean>;
}

export interface DiskDeps {
  folder: FootageFolder;
  index: FootageIndex;
  cameras: readonly string[];
  keeping: Keeping;
  space(): Promise<DiskSpace>;
  clockTrusted(): boolean;
  now: () => number;
  log: Log;
}

const dayMs = 86_400_000;
const batch = 500;
/** A first fault is confirmed by a second look before it is told. */
const looksTilTold = 2;

export function createDisk(deps: DiskDeps): Disk {
  const { folder, index, keeping, space, now, log } = deps;
  let faultyLooks = 0;
  let lackingBytes = 0;
  let brokeMinimum = false;

  /** What a day of all cameras weighs, by what was recorded last: a camera that was away weighs no less than the others. */
  const bytesPerDay = (): number => {
    const recorded = index.recordedSince(now() - dayMs).filter(({ camera, seconds }) => deps.cameras.includes(camera) && seconds > 0);
    const bytesPerSecond = recorded.reduce((sum, { bytes, seconds }) => sum + bytes / seconds, 0);
    return recorded.length === 0 ? 0 : (bytesPerSecond / recorded.length) * deps.cameras.length * (dayMs / 1000);
  };

  const conditionOf = ({ freeBytes }: DiskSpace): Pick<StorageMeasured['disks'][number], 'state' | 'said'> => {
    const days = daysOfRoom({ heldBytes: index.heldBytes(), freeBytes, bytesPerDay: bytesPerDay() }, keeping);
    if (lackingBytes > 0) return { state: 'too-small', said: `full before ${keeping.minDays} days are kept` };
    if (days === undefined) return { state: 'unknown', said: 'nothing recorded yet to tell by how long it will do' };
    const said = `has room for ${days < 10 ? days.toFixed(1) : Math.floor(days)} days, ${keeping.minDays} and today are to be kept`;
    return { state: days < keeping.minDays + 1 ? 'too-small' : 'ok', said };
  };

  const removeOld = async (): Promise<{ full: boolean; more: boolean }> => {
    const { freeBytes } = await space();
    const oldest = index.oldest(batch);
    const state = { oldest, now: now(), clockTrusted: deps.clockTrusted(), faultTold: faultyLooks >= looksTilTold, freeBytes };
    const { remove, full, ...plan } = planRetention(state, keeping);
    lackingBytes = plan.lackingBytes;
    noteMinimum(remove.some(({ to }) => to >= keptFrom(now(), keeping.minDays)));
    // First out of the index: what is listed must be there.
    index.remove(remove.map(({ file }) => file));
    for (const { file } of remove) await folder.remove(file);
    return { full, more: remove.length === batch };
  };

  const noteMinimum = (broken: boolean) => {
    if (broken && !brokeMinimum)
      log.error({ minDays: keeping.minDays }, 'the disk is too small: footage is removed before its time, the oldest first');
    brokeMinimum = broken;
  };

  return {
    async measure() {
      const { capacityBytes, freeBytes } = await space();
      const condition = conditionOf({ capacityBytes, freeBytes });
      faultyLooks = condition.state === 'too-small' ? faultyLooks + 1 : 0;
      return {
        method: 'own-recording',
        capacityBytes,
        freeBytes,
        overwrites: true,
        ...(keeping.maxDays === undefined ? {} : { retentionDaysMax: keeping.maxDays }),
        disks: [{ name: 'own-recording', ...condition }],
      };
    },
    async tidy() {
      let step = await removeOld();
      while (step.more) step = await removeOld();
      await folder.forgetAside(now() - keeping.minDays * dayMs);
      return !step.full;
    },
  };
}
