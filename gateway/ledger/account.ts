// What the ledger says of a recorder, as a fact tells it: every day of the window, every hole, and why it is there; pure.
import type { FootageMeasured, Hole, HoleCause, RecordingMeasured } from '#contract/footage.ts';
import { type FootageAnswer, type Held, measureRecording } from '../recorders/footage-source.ts';
import { merge, type Stretch } from '../recorders/spans.ts';
import { outside } from '../recorders/week.ts';
import { type DeviceLedger, isTold, ledgerKey } from './device-ledger.ts';

/** Says why there is nothing of a stretch of time; `lost` is footage that was there once, and when `unscheduled` none was to be recorded. */
export type CauseOf = (about: {
  camera: string | undefined;
  lost: readonly Stretch[];
  unscheduled: readonly Stretch[];
}) => (hole: Stretch) => HoleCause;

/** `answer` is the latest: it says which recordings there are. Complete only where every day of the window was told completely. */
export function account(
  ledger: DeviceLedger,
  about: { answer: FootageAnswer; window: Stretch; at: number; causeOf: CauseOf },
): FootageMeasured {
  const { answer, window } = about;
  const recordings = answer.held.map((held) => recordingIn(ledger, { ...about, held }));
  const { method } = answer;
  const complete = answer.complete && recordings.every(({ days }) => days.every(({ state }) => state !== 'unknown'));
  return { method, complete, from: iso(window.from), to: iso(window.to), recordings };
}

function recordingIn(
  ledger: DeviceLedger,
  { held, answer, window, at, causeOf }: { held: Held; answer: FootageAnswer; window: Stretch; at: number; causeOf: CauseOf },
): RecordingMeasured {
  const { recording, camera, week } = held;
  const known = ledger.recordings[ledgerKey(answer.method, recording)]?.days ?? {};
  const days = Object.values(known);
  const lost = merge(days.flatMap((day) => day.lost ?? []));
  const measured = measureRecording({
    recording,
    camera,
    stretches: days.flatMap(({ footage }) => footage),
    told: days.filter((day) => isTold(day, { aheadMs: answer.aheadMs, at })),
    window,
    utcOffsetMinutes: answer.utcOffsetMinutes,
  });
  const unscheduled = week === undefined ? [] : outside(week, window, answer.utcOffsetMinutes);
  const why = causeOf({ camera, lost, unscheduled });
  const before = goneBefore(measured, { lost, window, why });
  const gaps = measured.gaps.map(({ from, to }) => ({ from, to, cause: why({ from: Date.parse(from), to: Date.parse(to) }) }));
  return {
    ...measured,
    days: measured.days.map((day) => (known[day.day]?.played === true ? { ...day, played: true } : day)),
    gaps: [...before, ...gaps],
    gapCount: measured.gapCount + before.length,
  };
}

/** What lay before the oldest footage and is known to be gone: without it, a recorder that overwrites looks like one that is young. */
function goneBefore(
  { oldest }: RecordingMeasured,
  { lost, window, why }: { lost: readonly Stretch[]; window: Stretch; why: (hole: Stretch) => HoleCause },
): Hole[] {
  const end = oldest === undefined ? window.to : Date.parse(oldest);
  const gone = lost.filter(({ from, to }) => to > window.from && from < end);
  const [first, last] = [gone[0], gone.at(-1)];
  if (first === undefined || last === undefined) return [];
  // What went last says why it goes: the rest has grown old since.
  const cause = why({ from: Math.max(last.from, last.to - minuteMs), to: last.to });
  return [{ from: iso(Math.max(first.from, window.from)), to: iso(end), cause }];
}

const minuteMs = 60_000;

function iso(at: number): string {
  return new Date(at).toISOString();
}
