// What every way of asking a recorder for its footage has in common: the question, and the form of the answer.
import type { DayState, FootageMeasured, RecordingMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { WeekPart } from '../onvif/recording.ts';
import type { OnvifSession } from '../onvif/session.ts';
import type { MakersWay } from './maker.ts';
import { clip, daysOf, duration, holes, merge, type Stretch } from './spans.ts';

export interface FootageQuestion {
  /** What to ask about: milliseconds since 1970, by our clock, in order, at most 399 days in all. */
  windows: readonly Stretch[];
  signal: AbortSignal;
  /** Which recording is of which camera, where the installer said so: camera id to the recorder's token. */
  recordings?: Readonly<Record<string, string>> | undefined;
  /** The cameras this recorder keeps, by id. */
  cameras?: readonly string[] | undefined;
  /** It has just shown, by footage, that it understands such questions, and its times: an answer without any footage is an answer. */
  understood?: true;
}

/** One way of asking. `read` throws DeviceError; `not-supported` gives the next way its turn. */
export interface FootageSource extends MakersWay {
  name: string;
  /** It tells the first and last footage only, and can never be complete. */
  endsOnly?: true;
  /** One question may be about any length of time; otherwise each day of each channel costs some. */
  asksAtOnce?: true;
  read(session: OnvifSession, question: FootageQuestion): Promise<FootageAnswer>;
  /** Path and query at which the recorder plays over RTSP what this way lists; left out where ONVIF replay does. Throws DeviceError. */
  playbackPath?(session: OnvifSession, asked: InstantAsked): Promise<string>;
}

/** A moment of one recording. */
export interface InstantAsked {
  recording: string;
  /** By the recorder's clock: milliseconds since 1970, whole seconds. */
  at: number;
  utcOffsetMinutes: number;
  signal: AbortSignal;
}

/** What a recorder told of the windows it was asked about. */
export interface FootageAnswer {
  method: string;
  utcOffsetMinutes: number;
  /** How far ahead of ours the recorder's clock was taken to be, milliseconds. */
  aheadMs: number;
  /** Its times are our own clock’s: what is gone from it is gone, however little. */
  exact?: true;
  /** Every camera asked about is among `held`, and the recorder has shown that it understood the question. */
  complete: boolean;
  held: Held[];
}

/** Of one recording, in order of time. */
export interface Held {
  recording: string;
  camera: string | undefined;
  /** When it is set to record without a break, where the recorder tells. */
  week?: readonly WeekPart[] | undefined;
  parts: HeldPart[];
}

/** What was told of one window, or one day of it; all times by our clock. */
export interface HeldPart {
  asked: Stretch;
  /** In any order; some may reach beyond what was asked. */
  stretches: Stretch[];
  /** Every page came, and the recorder said itself that this is all. */
  complete: boolean;
  /** The recorder refused the question, which was taken to mean that it holds nothing of that time. */
  refused?: true;
}

/** The recorder's time against ours. */
export interface RecorderClock {
  /** Our time as the recorder would say it, and back; milliseconds since 1970. */
  theirs(at: number): number;
  ours(at: number): number;
  utcOffsetMinutes: number;
  /** How far it is ahead, milliseconds. */
  aheadMs: number;
}

/** China has one time zone; recorders that do not tell theirs are set to it, or their days would be nobody's. */
export const chinaOffsetMinutes = 480;

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
  const aheadMs = Math.abs(offset) > 1 ? Math.round(offset * 1000) : 0;
  const utcOffsetMinutes = clock?.utcOffsetMinutes ?? chinaOffsetMinutes;
  return { theirs: (at) => at + aheadMs, ours: (at) => at - aheadMs, utcOffsetMinutes, aheadMs };
}

/** The same measured day by day, where it is not laid to what was known before. */
export function measureAnswer({ method, utcOffsetMinutes, complete, held }: FootageAnswer, window: Stretch): FootageMeasured {
  const recordings = held.map(({ recording, camera, parts }) =>
    measureRecording({
      recording,
      camera,
      stretches: parts.flatMap(({ stretches }) => stretches),
      told: parts.filter((part) => complete && part.complete).map(({ asked }) => asked),
      window,
      utcOffsetMinutes,
    }),
  );
  return { method, complete: isComplete({ complete, held }), from: iso(window.from), to: iso(window.to), recordings };
}

export function isComplete({ complete, held }: Pick<FootageAnswer, 'complete' | 'held'>): boolean {
  return complete && held.every(({ parts }) => parts.every((part) => part.complete));
}

/** Holes up to this long are joins between files, not missing footage. */
export const joinMs = 2000;

/** What one recording holds; `stretches` by our clock, in any order. Of what was not `told` completely nothing is said to be missing. */
export function measureRecording(about: {
  recording: string;
  camera: string | undefined;
  stretches: readonly Stretch[];
  told: readonly Stretch[];
  window: Stretch;
  utcOffsetMinutes: number;
}): RecordingMeasured {
  const merged = merge(clip(about.stretches, about.window), joinMs);
  const told = merge(about.told);
  const missing = holes(merged).flatMap((hole) => told.flatMap((part) => clip([hole], part)));
  const [first] = merged;
  const last = merged.at(-1);
  return {
    ...(about.camera === undefined ? {} : { camera: about.camera }),
    recording: about.recording.slice(0, 128),
    ...(first === undefined || last === undefined ? {} : { oldest: iso(first.from), newest: iso(last.to) }),
    days: daysOf(about.window, about.utcOffsetMinutes).map((day) => {
      const recordedMs = duration(clip(merged, day));
      const isTold = told.some(({ from, to }) => from <= day.from && to >= day.to);
      return {
        day: day.day,
        recordedSeconds: recordedMs / 1000,
        expectedSeconds: (day.to - day.from) / 1000,
        state: isTold ? stateOf(recordedMs, day.to - day.from) : 'unknown',
      };
    }),
    gaps: missing.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    gapCount: missing.length,
  };
}

function stateOf(recordedMs: number, expectedMs: number): DayState {
  if (recordedMs === 0) return 'missing';
  return expectedMs - recordedMs <= joinMs ? 'kept' : 'partly';
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
