// How many of the days asked for a recorder holds of one camera, and whether its answer shows as much.
import type { FootageDay, FootageMeasured, RecordingMeasured } from '#contract/footage.ts';
import type { Standard } from '#contract/standard.ts';

export interface Kept {
  /** How many of the required days are whole. */
  days: number;
  /** How many whole days there are without a break, back from now. */
  unbroken: number;
  /** Set where that is all that is wrong: of today so much is missing that recording must have stopped. */
  missingTodaySeconds?: number;
  /** Some of the footage lies before a day that is not whole: recording has not only begun too late. */
  hasHoles: boolean;
  /** On this day every day required will be kept, if nothing more is lost from now on. Not set where recording has stopped. */
  reachesOn?: string;
  recording: RecordingMeasured | undefined;
}

/** `unknown`: the answer is at odds with itself, or does not say which camera it is about, or (`daysAsked`) the recorder was not asked about enough days. */
export type Proof = { outcome: 'ok'; kept: Kept } | { outcome: 'fault'; kept: Kept } | { outcome: 'unknown'; daysAsked?: number };

/** One camera may be kept twice (main and sub stream, say): the better one counts. */
export function proofOf(camera: string, footage: FootageMeasured, about: { observedAt: number; standard: Standard }): Proof {
  const proofs = footage.recordings
    .filter((recording) => recording.camera === camera)
    .map((recording) => proofBy(recording, about))
    .toSorted((a, b) => merit(b) - merit(a));
  if (proofs[0] !== undefined) return proofs[0];
  // One that belongs to nobody yet may be this camera's.
  const unclaimed = footage.recordings.some((recording) => recording.camera === undefined);
  return unclaimed ? { outcome: 'unknown' } : { outcome: 'fault', kept: nothing(undefined) };
}

/** More is better; a recording that may be enough counts above one that is not. */
function merit(proof: Proof): number {
  if (proof.outcome === 'fault') return proof.kept.days;
  return proof.outcome === 'ok' ? Number.POSITIVE_INFINITY : Number.MAX_SAFE_INTEGER;
}

function nothing(recording: RecordingMeasured | undefined): Kept {
  return { days: 0, unbroken: 0, hasHoles: false, recording };
}

const daySeconds = 86_400;
/** A day may be an hour shorter where clocks are changed for the summer; what is shorter still is not a whole day. */
const fullDaySeconds = daySeconds - 3600;

/** Many recorders list a file only when it is closed, an hour long at most: so much may be missing at the end while recording goes on. */
const openFileSeconds = 3600;

/** The days asked of are the last `minDays` whole calendar days; today tells whether recording goes on: where it does not, nothing is unbroken. */
function proofBy(recording: RecordingMeasured, { observedAt, standard }: { observedAt: number; standard: Standard }): Proof {
  const { minDays, dayCompletePercent } = standard.retention;
  const [today, ...before] = recording.days.toReversed();
  if (today === undefined) return { outcome: 'fault', kept: nothing(recording) };
  // Only the first day asked for may be a part of one.
  const full = (before.at(-1)?.expectedSeconds ?? 0) < fullDaySeconds ? before.slice(0, -1) : before;
  const shortened = full.some((day) => day.expectedSeconds < fullDaySeconds);
  if (shortened || recording.days.some(isUntold) || !runOn(recording.days) || !isDayOf(today, observedAt)) return { outcome: 'unknown' };

  const required = full.slice(0, minDays);
  const missingTodaySeconds = today.expectedSeconds - today.recordedSeconds;
  const open = openYesterdaySeconds(recording, { observedAt, today });
  const whole = required.map((day, ago) => isWhole(day, { dayCompletePercent, openSeconds: ago === 0 ? open : 0 }));
  const goesOn = missingTodaySeconds <= openFileSeconds;
  const wholeDays = whole.filter(Boolean).length;
  const firstHole = whole.indexOf(false);
  const broken = required[firstHole];
  if (broken !== undefined) {
    const hasHoles = full.slice(firstHole + 1).some((day) => day.recordedSeconds > 0);
    const kept = { days: wholeDays, unbroken: goesOn ? firstHole : 0, hasHoles, recording };
    return { outcome: 'fault', kept: goesOn ? { ...kept, reachesOn: later(broken.day, minDays + 1) } : kept };
  }
  // A recorder that stopped this morning still has all of yesterday: without today the chain has ended.
  if (!goesOn) return { outcome: 'fault', kept: { days: wholeDays, unbroken: 0, missingTodaySeconds, hasHoles: false, recording } };
  const kept = { days: wholeDays, unbroken: wholeDays, hasHoles: false, recording };
  return wholeDays === minDays ? { outcome: 'ok', kept } : { outcome: 'unknown', daysAsked: wholeDays };
}

/** A day the answer did not cover proves nothing, whatever else is said of it. */
function isUntold({ state }: FootageDay): boolean {
  return state === 'unknown';
}

/** What may be missing is a share of a whole day, also where the clocks made the day shorter, and what the open file holds of it. */
function isWhole(day: FootageDay, { dayCompletePercent, openSeconds }: { dayCompletePercent: number; openSeconds: number }): boolean {
  return day.expectedSeconds - day.recordedSeconds <= daySeconds * (1 - dayCompletePercent / 100) + openSeconds;
}

/** Soon after midnight the file that is open may have begun the day before: how much of that day it may hold. */
function openYesterdaySeconds({ newest }: RecordingMeasured, { observedAt, today }: { observedAt: number; today: FootageDay }): number {
  const left = openFileSeconds - today.expectedSeconds;
  if (newest === undefined || today.recordedSeconds > 0 || left <= 0) return 0;
  const midnight = observedAt - today.expectedSeconds * 1000;
  return Math.max(0, Math.min(left, (midnight - Date.parse(newest)) / 1000));
}

/** One calendar day after the other: ninety whole days out of three years are not three months. */
function runOn(days: FootageDay[]): boolean {
  const starts = days.map(({ day }) => Date.parse(day));
  return starts.every((start, index) => index === 0 || start === (starts[index - 1] ?? start) + daySeconds * 1000);
}

/** In whatever time zone: a day begins up to 14 hours before, or 12 after, the same day of UTC. */
function isDayOf({ day }: FootageDay, at: number): boolean {
  return Math.abs(Date.parse(day) + (daySeconds / 2) * 1000 - at) <= 1.5 * daySeconds * 1000;
}

function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * daySeconds * 1000).toISOString().slice(0, 10);
}
