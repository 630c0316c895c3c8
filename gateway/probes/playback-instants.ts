// Chooses which of the footage a recorder lists is to be played back; pure.
import { createHash } from 'node:crypto';
import type { FootageMeasured, RecordingMeasured } from '#contract/footage.ts';

/** Milliseconds since 1970, by our clock. */
export interface Instant {
  camera: string | undefined;
  recording: string;
  at: number;
}

interface Stretch {
  from: number;
  to: number;
}

type Place = Pick<Instant, 'camera' | 'recording'> & { stretches: Stretch[] };

const randomCount = 3;
/** The first and last footage of a stretch is where listing and playing may honestly differ by a file's beginning. */
const edgeMs = 60_000;
/** What is just being written cannot be played on every recorder yet. */
const unwrittenMs = 600_000;

/** One instant in the oldest listed day of each recording, and some in any; others for each `seed`. */
export function chooseInstants(listed: FootageMeasured, seed: string): Instant[] {
  const perRecording = listed.recordings.map((recording) => daysOf(listed, recording));
  const oldest = perRecording.flatMap((days) => days[0] ?? []);
  const all = perRecording.flat();
  const random = Array.from({ length: all.length === 0 ? 0 : randomCount }, (_, index) => {
    return all[Math.floor(fraction(`${seed}/day/${index}`) * all.length)] ?? [];
  }).flat();
  return [...oldest, ...random].flatMap((place, index) => instantIn(place, fraction(`${seed}/${index}`)) ?? []);
}

/** Whether the recorder says that it holds this instant. */
export function isListed(listed: FootageMeasured, { recording, at }: Instant): boolean {
  return listed.recordings
    .filter((each) => each.recording === recording)
    .flatMap((each) => daysOf(listed, each))
    .some(({ stretches }) => stretches.some(({ from, to }) => from <= at && at < to));
}

/** The days something is listed of, oldest first. A day whose holes are not all told is left out: an instant in it may be in one. */
function daysOf(listed: FootageMeasured, { camera, recording, oldest, newest, gaps, gapCount, days }: RecordingMeasured): Place[] {
  if (oldest === undefined || newest === undefined) return [];
  const held = { from: Date.parse(oldest), to: Date.parse(newest) };
  let end = Date.parse(listed.from);
  return days.flatMap(({ recordedSeconds, expectedSeconds }) => {
    const day = { from: end, to: end + expectedSeconds * 1000 };
    end = day.to;
    if (gapCount > gaps.length && recordedSeconds < expectedSeconds) return [];
    const inDay = { from: Math.max(day.from, held.from), to: Math.min(day.to, held.to) };
    const stretches = gaps.reduce((rest, gap) => rest.flatMap((each) => without(each, gap)), [inDay]).map(settled(held.to));
    const usable = stretches.filter(({ from, to }) => to - from >= 1000);
    return usable.length === 0 ? [] : [{ camera, recording, stretches: usable }];
  });
}

function without(stretch: Stretch, gap: { from: string; to: string }): Stretch[] {
  const hole = { from: Date.parse(gap.from), to: Date.parse(gap.to) };
  return [
    { from: stretch.from, to: Math.min(stretch.to, hole.from) },
    { from: Math.max(stretch.from, hole.to), to: stretch.to },
  ].filter(({ from, to }) => from < to);
}

const settled =
  (newest: number) =>
  ({ from, to }: Stretch): Stretch => {
    const length = to - from;
    const before = Math.min(edgeMs, length / 4);
    return { from: from + before, to: to - (to === newest ? Math.min(unwrittenMs, length / 2) : before) };
  };

/** Whole seconds: not every recorder can be asked for less. */
function instantIn({ camera, recording, stretches }: Place, share: number): Instant | undefined {
  let ahead = share * stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  for (const { from, to } of stretches) {
    if (ahead < to - from) return { camera, recording, at: 1000 * Math.max(Math.ceil(from / 1000), Math.floor((from + ahead) / 1000)) };
    ahead -= to - from;
  }
  return undefined;
}

/** From 0 to 1, and always the same for the same text. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
