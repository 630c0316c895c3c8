// What every way of asking a recorder for its footage has in common: the question, and the form of the answer.
import type { FootageMeasured, RecordingMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import type { MakersWay } from './maker.ts';
import { clip, daysOf, duration, holes, longest, merge, type Stretch } from './spans.ts';

export interface FootageQuestion {
  /** Milliseconds since 1970, by our clock, at most 399 days apart. */
  from: number;
  to: number;
  signal: AbortSignal;
  /** Which recording is of which camera, where the installer said so: camera id to the recorder's token. */
  recordings?: Readonly<Record<string, string>> | undefined;
  /** The cameras this recorder keeps, by id. */
  cameras?: readonly string[] | undefined;
}

/** One way of asking. `read` throws DeviceError; `not-supported` gives the next way its turn. */
export interface FootageSource extends MakersWay {
  name: string;
  /** It tells the first and last footage only, and can never be complete. */
  endsOnly?: true;
  read(session: OnvifSession, question: FootageQuestion): Promise<FootageMeasured>;
}

/** The recorder's time against ours. */
export interface RecorderClock {
  /** Our time as the recorder would say it, and back; milliseconds since 1970. */
  theirs(at: number): number;
  ours(at: number): number;
  utcOffsetMinutes: number;
}

/** China has one time zone; recorders that do not tell theirs are set to it, or their days would be nobody's. */
const chinaOffsetMinutes = 480;

/** Measures the recorder's clock; one that cannot be understood is taken as right. Throws DeviceError where the recorder does not answer. */
export async function readRecorderClock(session: OnvifSession, options: { signal: AbortSignal }): Promise<RecorderClock> {
  const clock = await session.readClock(options).then(
    (reading) => reading.clock,
    (thrown: unknown) => {
      if (thrown instanceof DeviceError && ['malformed', 'soap-fault', 'not-supported'].includes(thrown.fault)) return undefined;
      throw thrown;
    },
  );
  const offset = clock?.offsetSeconds ?? 0;
  // Below a second the measurement says more about the network than about the clock.
  const shiftMs = Math.abs(offset) > 1 ? Math.round(offset * 1000) : 0;
  return { theirs: (at) => at + shiftMs, ours: (at) => at - shiftMs, utcOffsetMinutes: clock?.utcOffsetMinutes ?? chinaOffsetMinutes };
}

/** Holes up to this long are joins between files, not missing footage. */
const joinMs = 2000;
const gapsMax = 200;

/** What one recording holds; `stretches` by our clock, in any order. */
export function measureRecording(about: {
  recording: string;
  camera: string | undefined;
  stretches: readonly Stretch[];
  window: Stretch;
  utcOffsetMinutes: number;
}): RecordingMeasured {
  const merged = merge(clip(about.stretches, about.window), joinMs);
  const missing = holes(merged);
  const [first] = merged;
  const last = merged.at(-1);
  return {
    ...(about.camera === undefined ? {} : { camera: about.camera }),
    recording: about.recording.slice(0, 128),
    ...(first === undefined || last === undefined ? {} : { oldest: iso(first.from), newest: iso(last.to) }),
    days: daysOf(about.window, about.utcOffsetMinutes).map((day) => ({
      day: day.day,
      recordedSeconds: duration(clip(merged, day)) / 1000,
      expectedSeconds: (day.to - day.from) / 1000,
    })),
    gaps: longest(missing, gapsMax).map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    gapCount: missing.length,
  };
}

/** The whole answer. */
export function footage(about: { method: string; complete: boolean; window: Stretch; recordings: RecordingMeasured[] }): FootageMeasured {
  const { method, complete, window, recordings } = about;
  return { method, complete, from: iso(window.from), to: iso(window.to), recordings };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
