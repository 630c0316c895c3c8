// What the recorders hold of each camera, day by day and hour by hour, as the calendar shows it. Pure.
import type { Fact, FactOf } from '#contract/facts.ts';
import type { FootageDay, Hole, RecordingMeasured } from '#contract/footage.ts';
import type { Standard } from '#contract/standard.ts';
import type { CanteenView, RetentionView } from '#contract/views.ts';
import { factOutcome, type Moment } from '../api/fact-outcome.ts';
import { dayMs, dayStart, isoDay } from '../i18n/times.ts';

/** `running`: today, as far as it can be complete yet. */
export type CellKind = 'complete' | 'gap' | 'none' | 'unknown' | 'running';

export interface Cell {
  kind: CellKind;
  /** Of what could be recorded, from 0 to 1. */
  share: number;
}

export interface DayCell extends Cell {
  day: string;
  known?: FootageDay;
}

export interface CameraFootage {
  /** The camera, or the recorder's token where the recording belongs to none. */
  id: string;
  name: string;
  /** What the server makes of it; absent where no recorder is to keep it. */
  told?: RetentionView;
  /** Absent where no recorder told of it. */
  recording?: RecordingMeasured;
  fact?: FactOf<'footage'>;
  /** False: the server believes none of it, what was told is past its time, or it never was complete. */
  isKnown: boolean;
  /** The last three months by calendar weeks, Monday first; null before and after. */
  weeks: (DayCell | null)[][];
}

/** Many recorders list a file only when it is closed, an hour long at most. */
const openFileSeconds = 3600;

type Retention = Pick<Standard['retention'], 'minDays' | 'dayCompletePercent'>;

/** Every camera in the order of the layout, then recordings that belong to none. */
export function footageOf(canteen: CanteenView, { retention, ...moment }: Moment & { retention: Retention }): CameraFootage[] {
  const facts = canteen.devices.flatMap(({ facts }) => facts).filter(isFootage);
  const of = (about: Pick<CameraFootage, 'id' | 'name' | 'told' | 'recording' | 'fact'>): CameraFootage => {
    const { told, recording, fact } = about;
    const isBelieved = fact !== undefined && factOutcome(fact, moment) !== 'unknown' && fact.measured?.complete === true;
    const isKnown = isBelieved && told !== undefined && isTold(told);
    return { ...about, isKnown, weeks: weeksOf(recording?.days ?? [], { isKnown, now: moment.now, retention }) };
  };
  return [
    ...canteen.devices
      .filter(({ kind }) => kind === 'camera')
      .map(({ id, name }) =>
        of({
          id,
          name,
          ...bestKept(
            canteen.retention.filter(({ camera }) => camera === id),
            facts,
          ),
        }),
      ),
    ...facts.flatMap((fact) =>
      (fact.measured?.recordings ?? [])
        .filter(({ camera }) => camera === undefined)
        .map((recording) => of({ id: recording.recording, name: recording.recording, recording, fact })),
    ),
  ];
}

function isFootage(fact: Fact): fact is FactOf<'footage'> {
  return fact.check === 'footage';
}

/** Whether the days of a camera are known: they may be so where only their future is not. */
function isTold({ state, oldest }: RetentionView): boolean {
  return state !== 'unknown' || oldest !== undefined;
}

/** Of what several recorders keep of one camera, the most. */
function bestKept(views: RetentionView[], facts: FactOf<'footage'>[]): Pick<CameraFootage, 'told' | 'recording' | 'fact'> {
  const kept = views.map((told) => {
    const fact = facts.find(({ device }) => device === told.recorder);
    const recordings = (fact?.measured?.recordings ?? []).filter(({ camera }) => camera === told.camera);
    const recording = recordings.toSorted((a, b) => total(b) - total(a))[0];
    return { told, ...(fact && { fact }), ...(recording && { recording }) };
  });
  return kept.toSorted((a, b) => b.told.unbrokenDays - a.told.unbrokenDays || total(b.recording) - total(a.recording))[0] ?? {};
}

const total = (recording: RecordingMeasured | undefined) =>
  (recording?.days ?? []).reduce((sum, { recordedSeconds }) => sum + recordedSeconds, 0);

function weeksOf(days: FootageDay[], about: { isKnown: boolean; now: number; retention: Retention }): CameraFootage['weeks'] {
  const { now, retention } = about;
  const known = new Map(days.map((day) => [day.day, day]));
  const today = dayStart(isoDay(now));
  const first = today - retention.minDays * dayMs;
  // 1970 began on a Thursday.
  const sinceMonday = (start: number) => (new Date(`${isoDay(start)}T00:00:00Z`).getUTCDay() + 6) % 7;
  const cells: (DayCell | null)[] = Array.from({ length: sinceMonday(first) }, () => null);
  for (let start = first; start <= today; start += dayMs) {
    const day = isoDay(start);
    const seen = known.get(day);
    // Today is the last day the recorder was asked about: after midnight that is yesterday, until it is asked again.
    cells.push({ day, ...cellOf(seen, { ...about, isToday: day === days.at(-1)?.day }), ...(seen && { known: seen }) });
  }
  while (cells.length % 7 !== 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

function cellOf(day: FootageDay | undefined, about: { isKnown: boolean; isToday: boolean; retention: Retention }): Cell {
  if (day === undefined) return { kind: 'unknown', share: 0 };
  const { recordedSeconds, expectedSeconds, state } = day;
  const share = expectedSeconds === 0 ? 0 : Math.min(1, recordedSeconds / expectedSeconds);
  if (!about.isKnown || state === 'unknown') return { kind: 'unknown', share };
  if (about.isToday && expectedSeconds - recordedSeconds <= openFileSeconds) return { kind: 'running', share };
  if (share === 0 || state === 'missing') return { kind: 'none', share };
  return { kind: share >= about.retention.dayCompletePercent / 100 ? 'complete' : 'gap', share };
}

/** The longest hole of the last three months, milliseconds; 0 where none is listed. */
export function longestHoleMs({ recording, weeks }: CameraFootage): number {
  const first = weeks.flat().find((cell) => cell !== null)?.day;
  if (recording === undefined || first === undefined) return 0;
  return Math.max(0, ...recording.gaps.map(({ from, to }) => Date.parse(to) - Math.max(Date.parse(from), dayStart(first))));
}

/** Whether every day after that of the oldest footage is complete: a hole need not be listed. */
export function isWhole({ recording, weeks }: CameraFootage): boolean {
  if (recording?.oldest === undefined) return false;
  const oldest = isoDay(Date.parse(recording.oldest));
  return weeks
    .flat()
    .filter((cell) => cell !== null && cell.day > oldest)
    .every((cell) => cell?.kind === 'complete' || cell?.kind === 'running');
}

export interface DayHole extends Omit<Hole, 'from' | 'to'> {
  /** Milliseconds since 1970, no further than the day goes. */
  from: number;
  to: number;
}

export interface DayInHours {
  cell: DayCell;
  /** How far the day is told, milliseconds since 1970. */
  until: number;
  holes: DayHole[];
  hours: Cell[];
  /** Missing, though no hole was listed for it; from a minute on it could be missing in any hour. */
  unlistedMs: number;
}

const hourMs = 3_600_000;
export const leastUnlistedMs = 60_000;

/** One day of one camera; nothing where the calendar has no such day. */
export function dayInHours({ weeks, recording }: CameraFootage, day: string): DayInHours | undefined {
  const cell = weeks.flat().find((known) => known?.day === day);
  if (cell === undefined || cell === null) return undefined;
  const start = dayStart(day);
  const { expectedSeconds = 0, recordedSeconds = 0 } = cell.known ?? {};
  const isToday = recording?.days.at(-1)?.day === day;
  const end = isToday ? start + expectedSeconds * 1000 : start + dayMs;
  // Of today nothing is listed behind the last closed file.
  const newest = isToday ? Math.max(start, Math.min(end, Date.parse(recording?.newest ?? day))) : end;
  const until = cell.kind === 'running' ? newest : end;
  const holes = [...holesWithin(recording?.gaps ?? [], { start, end }), ...(newest < until ? [{ from: newest, to: until }] : [])];
  if (cell.kind === 'none' && holes.length === 0) holes.push({ from: start, to: end });
  const listedMs = holes.reduce((sum, { from, to }) => sum + to - from, 0);
  const missingMs = (expectedSeconds - recordedSeconds) * 1000 - (end - until);
  const unlistedMs = cell.kind === 'unknown' ? 0 : Math.max(0, missingMs - listedMs);
  const isClear = cell.kind !== 'unknown' && unlistedMs < leastUnlistedMs;
  const hours = Array.from({ length: 24 }, (_, hour) => hourCell(holes, { from: start + hour * hourMs, until, isClear }));
  const isUnknown = cell.kind === 'unknown';
  return { cell, until, holes, hours: isUnknown ? hours.map(() => ({ kind: 'unknown', share: 0 })) : hours, unlistedMs };
}

function holesWithin(gaps: Hole[], { start, end }: { start: number; end: number }): DayHole[] {
  return gaps
    .map((hole): DayHole => ({ ...hole, from: Math.max(start, Date.parse(hole.from)), to: Math.min(end, Date.parse(hole.to)) }))
    .filter(({ from, to }) => to > from);
}

function hourCell(holes: DayHole[], { from, until, isClear }: { from: number; until: number; isClear: boolean }): Cell {
  if (from >= until) return { kind: 'unknown', share: 0 };
  const told = Math.min(until, from + hourMs) - from;
  const missing = holes.reduce((sum, hole) => sum + Math.max(0, Math.min(hole.to, from + told) - Math.max(hole.from, from)), 0);
  const share = (told - missing) / hourMs;
  if (missing > 0) return { kind: share === 0 ? 'none' : 'gap', share };
  if (!isClear) return { kind: 'unknown', share: 0 };
  return { kind: told === hourMs ? 'complete' : 'running', share };
}
