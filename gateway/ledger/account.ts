// What the ledger says of a recorder, as a fact tells it: every day of the window, every hole, and why it is there; pure.
import type { FootageMeasured, Hole, HoleCause, RecordingMeasured } from '#contract/footage.ts';
import { type FootageAnswer, type Held, measureRecording } from '../recorders/footage-source.ts';
import { merge, type Stretch } from '../recorders/spans.ts';
import { type DeviceLedger, isTold, ledgerKey } from './device-ledger.ts';

/** Says why there is nothing of a stretch of time; `lost` is footage that was there once. */
export type CauseOf = (about: { camera: string | undefined; lost: readonly Stretch[] }) => (hole: Stretch) => HoleCause;

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
  const { recording, camera } = held;
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
  const before = overwrittenBefore(measured, { lost, window });
  const why = causeOf({ camera, lost });
  const gaps = measured.gaps.map(({ from, to }) => ({ from, to, cause: why({ from: Date.parse(from), to: Date.parse(to) }) }));
  return {
    ...measured,
    days: measured.days.map((day) => (known[day.day]?.played === true ? { ...day, played: true } : day)),
    gaps: [...before, ...gaps],
    gapCount: measured.gapCount + before.length,
  };
}

/** What lay before the oldest footage and is known to be gone: without it, a recorder that overwrites looks like one that is young. */
function overwrittenBefore({ oldest }: RecordingMeasured, { lost, window }: { lost: readonly Stretch[]; window: Stretch }): Hole[] {
  const end = oldest === undefined ? window.to : Date.parse(oldest);
  const first = lost.find(({ to }) => to > window.from);
  if (first === undefined || first.from >= end) return [];
  return [{ from: iso(Math.max(first.from, window.from)), to: iso(end), cause: 'overwritten' }];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
