import { expect, test } from 'vitest';
import type { Clip } from './media.ts';
import { createReplayReel, type ReplayRequest } from './rtsp/replay-reel.ts';

/** Ten access units of 100 ms, every fifth a keyframe. */
const clip: Clip = {
  codec: 'h264',
  width: 16,
  height: 16,
  framesPerSecond: 10,
  accessUnits: Array.from({ length: 10 }, (_, index) => ({ nals: [Buffer.from([1])], keyframe: index % 5 === 0 })),
  parameterSets: [],
  snapshot: Buffer.alloc(0),
};
const footage = [
  { from: 10_000, to: 11_250 },
  { from: 20_000, to: 20_100 },
];
const everything: ReplayRequest = { range: { from: 0 }, intraEveryMs: undefined, cseq: 1, seeks: false };

function play(request: Partial<ReplayRequest>) {
  const reel = createReplayReel(clip, footage, { ...everything, ...request });
  const takes = [];
  for (let take = reel?.next(); take !== undefined; take = reel?.next()) takes.push(take);
  return takes.map(({ durationMs, marks }) => ({ durationMs, at: marks?.recordedAt, last: marks?.endOfSpan, terminal: marks?.terminal }));
}

test('a span ends with the last access unit that begins in it', () => {
  const takes = play({});
  expect(takes).toHaveLength(14);
  expect(takes.slice(-2)).toEqual([
    { durationMs: 100, at: 11_200, last: true, terminal: false },
    { durationMs: 100, at: 20_000, last: true, terminal: true },
  ]);
});

test('keyframes alone keep their distance in time, and a hole takes none', () => {
  expect(play({ intraEveryMs: 0 })).toEqual([
    { durationMs: 500, at: 10_000, last: false, terminal: false },
    { durationMs: 500, at: 10_500, last: false, terminal: false },
    { durationMs: 100, at: 11_000, last: true, terminal: false },
    { durationMs: 100, at: 20_000, last: true, terminal: true },
  ]);
});

test.each([
  ['at the last moment of a span', 11_249, 11_000],
  ['at the end of a span, which is not in it', 11_250, 20_000],
  ['before everything', 0, 10_000],
])('begun %s', (_, from, first) => {
  expect(play({ range: { from } })[0]?.at).toBe(first);
});

test('where nothing is recorded any more there is no reel', () => {
  expect(createReplayReel(clip, footage, { ...everything, range: { from: 20_100 } })).toBeUndefined();
});
