// What the recorders hold of each camera, day by day and hour by hour, as the calendar shows it. Pure.
import type { Fact, FactOf } from '#contract/facts.ts';
import type { FootageDay, Hole, RecordingMeasured } from '#contract/footage.ts';
import type { CanteenView } from '#contract/views.ts';
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
  /** Absent where no recorder told of it. */
  recording?: RecordingMeasured;
  fact?: FactOf<'footage'>;
  /** False: what was told is past its time, or never was complete. */
  isKnown: boolean;
  /** The last three months by calendar weeks, Monday first; null before and after. */
  weeks: (DayCell | null)[][];
}

/** Many recorders list a file only when it is closed, an hour long at most. */
const openFileSeconds = 3600;

export interface Retention {
  minDays: number;
  dayCompletePercent: number;
}

/** Every camera in the order of the layout, then recordings that belong to none. */
export function footageOf(canteen: CanteenView, { retention, ...moment }: Moment & { retention: Retention }): CameraFootage[] {
  const facts = canteen.devices.flatMap(({ facts }) => facts).filter(isFootage);
  const told = facts.flatMap((fact) => (fact.measured?.recordings ?? []).map((recording) => ({ fact, recording })));
  const cameras = canteen.devices.filter(({ kind }) => kind === 'camera');
  const keeper = (camera: string) => canteen.layout?.recorders.find(({ cameras: kept }) => kept.includes(camera))?.id;
  const of = (about: { id: string; name: string }, fact: FactOf<'footage'> | undefined, recording?: RecordingMeasured): CameraFootage => {
    const isKnown = fact !== undefined && factOutcome(fact, moment) !== 'unknown' && fact.measured?.complete === true;
    const weeks = weeksOf(recording?.days ?? [], { isKnown, now: moment.now, retention });
    return { ...about, ...(recording && { recording }), ...(fact && { fact }), isKnown, weeks };
  };
  return [
    ...cameras.map(({ id, name }) => {
      const best = told.filter(({ recording }) => recording.camera === id).toSorted((a, b) => total(b.recording) - total(a.recording))[0];
      return of({ id, name }, best?.fact ?? facts.find((fact) => fact.device === keeper(id)), best?.recording);
    }),
    ...told
      .filter(({ recording }) => recording.camera === undefined)
      .map(({ fact, recording }) => of({ id: recording.recording, name: recording.recording }, fact, recording)),
  ];
}

function isFootage(fact: Fact): fact is FactOf<'footage'> {
  return fact.check === 'footage';
}

const total = ({ days }: RecordingMeasured) => days.reduce((sum, { recordedSeconds }) => sum + recordedSeconds, 0);

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
    cells.push({ day, ...cellOf(seen, { ...about, isToday: start === today }), ...(seen && { known: seen }) });
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

/** How many whole days lie unbroken behind today; of the days that count at most. Nothing where it cannot be told. */
export function unbrokenDays({ weeks, isKnown }: CameraFootage): number | undefined {
  if (!isKnown) return undefined;
  const before = weeks
    .flat()
    .filter((cell) => cell !== null)
    .slice(0, -1)
    .toReversed();
  const broken = before.findIndex(({ kind }) => kind !== 'complete');
  return broken === -1 ? before.length : broken;
}

/** The longest hole of the last three months, milliseconds; 0 where there is none. */
export function longestHoleMs({ recording, weeks }: CameraFootage): number {
  const first = weeks.flat().find((cell) => cell !== null)?.day;
  if (recording === undefined || first === undefined) return 0;
  return Math.max(0, ...recording.gaps.map(({ from, to }) => Date.parse(to) - Math.max(Date.parse(from), dayStart(first))));
}

export interface DayHole extends Omit<Hole, 'from' | 'to'> {
  /** Milliseconds since 1970, no further than the day goes. */
  from: number;
  to: number;
}

export interface DayInHours {
  cell: DayCell;
  holes: DayHole[];
  hours: Cell[];
  /** Missing, though no hole was listed for it. */
  unlistedMs: number;
}

const hourMs = 3_600_000;

/** One day of one camera; nothing where the calendar has no such day. */
export function dayInHours({ weeks, recording }: CameraFootage, day: string): DayInHours | undefined {
  const cell = weeks.flat().find((known) => known?.day === day);
  if (cell === undefined || cell === null) return undefined;
  const [start, end] = [dayStart(day), dayStart(day) + dayMs];
  const listed = (recording?.gaps ?? [])
    .map((hole): DayHole => ({ ...hole, from: Math.max(start, Date.parse(hole.from)), to: Math.min(end, Date.parse(hole.to)) }))
    .filter(({ from, to }) => to > from);
  const holes = cell.kind === 'none' && listed.length === 0 ? [{ from: start, to: end }] : listed;
  const missingMs = ((cell.known?.expectedSeconds ?? 0) - (cell.known?.recordedSeconds ?? 0)) * 1000;
  const listedMs = holes.reduce((sum, { from, to }) => sum + to - from, 0);
  const unlistedMs = cell.kind === 'running' || cell.kind === 'unknown' ? 0 : Math.max(0, missingMs - listedMs);
  // What is missing somewhere could be missing in any hour.
  const isClear = unlistedMs < 60_000;
  const isToday = weeks.flat().findLast((known) => known !== null)?.day === day;
  const endMs = isToday ? start + (cell.known?.expectedSeconds ?? 0) * 1000 : end;
  const isUnknown = cell.kind === 'unknown';
  const hours = Array.from(
    { length: 24 },
    (_, hour): Cell => (isUnknown ? { kind: 'unknown', share: 0 } : hourCell(holes, { from: start + hour * hourMs, isClear, endMs })),
  );
  return { cell, holes, hours, unlistedMs };
}

function hourCell(holes: DayHole[], { from, isClear, endMs }: { from: number; isClear: boolean; endMs: number }): Cell {
  if (from >= endMs) return { kind: 'unknown', share: 0 };
  const missing = holes.reduce((sum, hole) => sum + Math.max(0, Math.min(hole.to, from + hourMs) - Math.max(hole.from, from)), 0);
  const share = 1 - missing / hourMs;
  if (missing === 0) return { kind: isClear ? 'complete' : 'unknown', share: isClear ? 1 : 0 };
  return { kind: share === 0 ? 'none' : 'gap', share };
}
