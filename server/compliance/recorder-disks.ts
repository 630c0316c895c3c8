// What may be believed of a recorder's disks: how large they are, and how fast its cameras fill them.
import type { RecorderPlace } from '#contract/layout.ts';
import type { RetentionView } from '#contract/views.ts';
import { type DiskSpace, diskSpace } from './disk-space.ts';
import { footageOf } from './kept-footage.ts';
import type { Scene } from './rule.ts';

export type Disks = { limit: Pick<RetentionView, 'retentionDaysMax'>; space?: DiskSpace } & (
  | { outcome: 'told'; space: DiskSpace }
  | { outcome: 'untold' }
  | { outcome: 'unknown'; since: number }
);

/** `untold`: the recorder does not tell of its disks at all; `unknown`: it did, or might, and does not now. */
export function disksOf(recorder: RecorderPlace, scene: Scene): Disks {
  return scene.remember(`disks of ${recorder.id}`, (seen) => findDisks(recorder, seen));
}

function findDisks(recorder: RecorderPlace, scene: Scene): Disks {
  const { outcome, fact, since } = scene.believed(recorder.id, 'storage');
  const max = fact?.measured?.retentionDaysMax;
  const limit = max === undefined || max === 0 ? {} : { retentionDaysMax: max };
  if (fact === undefined || fact.fault === 'not-supported') return { outcome: 'untold', limit };
  if (outcome === 'unknown' || fact.measured === undefined) return { outcome: 'unknown', since, limit };
  const footage = footageOf(recorder, scene);
  if (footage.outcome !== 'ok') return { outcome: 'untold', limit };
  const space = diskSpace({ storage: fact.measured, footage: footage.measured, streams: streamsOf(recorder, scene) });
  return space === undefined ? { outcome: 'untold', limit } : { outcome: 'told', space, limit };
}

/** Bits per second of each camera the recorder keeps, where that may be believed. */
function streamsOf(recorder: RecorderPlace, scene: Scene): ReadonlyMap<string, number | undefined> {
  const cameras = scene.layout.cameras.filter(({ id }) => recorder.cameras.includes(id));
  return new Map(
    cameras.map(({ id }) => {
      const { outcome, fact } = scene.believed(id, 'stream');
      return [id, outcome === 'ok' ? fact.measured?.bitsPerSecond : undefined];
    }),
  );
}
