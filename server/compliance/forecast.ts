// Where the retention of one camera at one recorder stands, and where it leads: a canteen built last week can be judged today.
import type { HoleCause } from '#contract/footage.ts';
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import type { RetentionState, RetentionView } from '#contract/views.ts';
import { bytesMissing, type DiskSpace, daysHeld, type Rate } from './disk-space.ts';
import type { Kept } from './kept-days.ts';
import { type KeptFootage, proofIn } from './kept-footage.ts';
import { disksOf } from './recorder-disks.ts';
import type { Scene } from './rule.ts';

/** What can be told; `kept` is there in every state but `unknown` by the footage itself. */
export type Forecast = Pick<
  RetentionView,
  'state' | 'reachesOn' | 'holdsDays' | 'bitsPerSecond' | 'rateFrom' | 'capacityBytes' | 'bytesMissing' | 'retentionDaysMax'
> & {
  kept?: Kept;
  /** The disks are full, as far as they are told of: the oldest footage makes room. */
  full?: boolean;
  /** Where the state is unknown because fewer days were asked for than are required. */
  daysAsked?: number;
  /** Where the state is unknown because the disks were not told of when asked, since when, milliseconds since 1970. */
  disksSince?: number;
};

/** Pure. `footage` is what the recorder told completely. */
export function forecast(
  camera: CameraPlace,
  recorder: RecorderPlace,
  { scene, footage }: { scene: Scene; footage: KeptFootage },
): Forecast {
  const proof = proofIn(recorder, camera, scene);
  if (proof.outcome === 'unknown') return { state: 'unknown', ...(proof.daysAsked === undefined ? {} : { daysAsked: proof.daysAsked }) };
  const { kept } = proof;
  const disks = disksOf(recorder, scene);
  const about = { ...disks.limit, ...numbersOf(disks.space, scene), kept };
  if (proof.outcome === 'ok') return { ...about, state: 'proven' };
  if (isGone(kept)) return { ...about, state: 'fell-short' };
  const whenReached = reachesOn(kept, disks.space, scene);
  // What is lost inside is lost, however large the disk; without word of the disk, too few days are too few.
  if (!isBegunLate(kept) || disks.outcome === 'untold') return { ...about, state: 'fell-short', ...whenReached };
  if (disks.outcome === 'unknown') return { ...about, state: 'unknown', disksSince: disks.since };
  const state = stateOf(disks.space, { kept, footage, scene });
  return state === 'on-course' ? { ...about, state, ...whenReached } : { ...about, state };
}

/** Whole back to its beginning: nothing was lost yet. */
function isBegunLate({ hasHoles, missingTodaySeconds, reachesOn: day, recording }: Kept): boolean {
  return recording?.oldest !== undefined && !hasHoles && missingTodaySeconds === undefined && day !== undefined;
}

/** Older footage was there, and is no more: what it had to make room for, or the age it was removed at, comes sooner than the days required. */
function isGone(kept: Kept): boolean {
  return wentBefore(kept, ['overwritten', 'expired']);
}

/** Whether footage older than the oldest left was there and went for one of these causes, as far as the recorder or the ledger says. */
export function wentBefore({ recording }: Kept, causes: readonly HoleCause[]): boolean {
  const { oldest, gaps = [] } = recording ?? {};
  return gaps.some(({ cause, to }) => cause !== undefined && causes.includes(cause) && to <= (oldest ?? to));
}

const dayMs = 86_400_000;

/** Bit rates vary from hour to hour: what lies within the standard's tolerance of the limit is neither enough nor too little. */
function stateOf(space: DiskSpace, { kept, footage, scene }: { kept: Kept; footage: KeptFootage; scene: Scene }): RetentionState {
  const { retention, retentionOnCourse } = scene.standard;
  if (space.full === true && isOldestOf(kept, footage)) return 'fell-short';
  const off = retentionOnCourse.rateTolerancePercent / 100;
  const rates = space.rates.map(({ bitsPerSecond }) => bitsPerSecond);
  if (rates.length === 0) return space.full === undefined ? 'fell-short' : 'unknown';
  if (daysHeld(space, Math.min(...rates) * (1 - off)) < retention.minDays) return 'will-fall-short';
  return daysHeld(space, Math.max(...rates) * (1 + off)) >= retention.minDays ? 'on-course' : 'unknown';
}

/** A full recorder deletes its oldest footage first: a camera whose footage begins later than that of others has lost none of it. */
function isOldestOf({ recording }: Kept, { measured }: KeptFootage): boolean {
  const begins = measured.recordings.flatMap(({ oldest }) => (oldest === undefined ? [] : [Date.parse(oldest)]));
  return Date.parse(recording?.oldest ?? '') - Math.min(...begins) <= dayMs;
}

function numbersOf(space: DiskSpace | undefined, { standard }: Scene): Partial<Forecast> {
  const rate: Rate | undefined = space?.rates[0];
  if (space === undefined) return {};
  const { capacityBytes, full = false } = space;
  if (rate === undefined) return { capacityBytes, full };
  const { bitsPerSecond, from: rateFrom } = rate;
  const missing = bytesMissing(space, bitsPerSecond, standard.retention.minDays);
  return {
    capacityBytes,
    full,
    bitsPerSecond,
    rateFrom,
    holdsDays: daysHeld(space, bitsPerSecond),
    ...(missing === 0 ? {} : { bytesMissing: missing }),
  };
}

/** Promised only by a disk that is known to hold so much. */
function reachesOn({ reachesOn: day }: Kept, space: DiskSpace | undefined, { standard }: Scene): Pick<Forecast, 'reachesOn'> {
  if (day === undefined || space === undefined || space.rates.length === 0) return {};
  return space.rates.every(({ bitsPerSecond }) => daysHeld(space, bitsPerSecond) >= standard.retention.minDays) ? { reachesOn: day } : {};
}
