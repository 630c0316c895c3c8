import { expect, test } from 'vitest';
import { createPlayer, type PlayerOptions } from './rtsp/player.ts';
import type { Transport } from './rtsp/transport.ts';

/** A loop of five access units of 50 ms, the first a keyframe, to a client that takes what `ready` lets it; sent indices are noted. */
function playLoop(pace: PlayerOptions['pace'], ready: () => boolean) {
  const sent: number[] = [];
  let index = 0;
  const reel = {
    next() {
      const bytes = Buffer.alloc(17, index);
      index += 1;
      return { packets: { bytes, starts: [0], keyframe: (index - 1) % 5 === 0, octets: 1 }, durationMs: 50 };
    },
  };
  const transport: Transport = {
    header: '',
    channel: 0,
    flowControlled: true,
    sendMedia: (bytes) => sent.push(bytes[16] ?? -1),
    sendControl() {},
    ready,
    close() {},
  };
  const rtp = { ssrc: 1, sequence: 0xffff, timestampBase: 0, packets: 0, octets: 0 };
  const player = createPlayer({ reel, transport, rtp, pace, stalled: () => false, onEnd() {} });
  return { player, sent, rtp };
}

test('what is due is sent, and no more', () => {
  const { player, sent, rtp } = playLoop('live', () => true);
  player.start(1000);
  player.tick(1000);
  player.tick(1020);
  expect(sent).toEqual([0]);
  player.tick(1160);
  expect(sent).toEqual([0, 1, 2, 3]);
  expect(rtp).toMatchObject({ packets: 4, sequence: 3 });
});

test('a live client that was too slow goes on with a keyframe', () => {
  let ready = true;
  const { player, sent } = playLoop('live', () => ready);
  player.start(0);
  player.tick(50);
  ready = false;
  player.tick(100);
  ready = true;
  player.tick(300);
  expect(sent).toEqual([0, 1, 5, 6]);
});

test('a replay waits for a slow client and leaves nothing out', () => {
  let ready = true;
  const { player, sent } = playLoop('steady', () => ready);
  player.start(0);
  player.tick(50);
  ready = false;
  player.tick(100);
  ready = true;
  player.tick(150);
  expect(sent).toEqual([0, 1, 2, 3]);
});

test('an eager replay sends until the client takes no more', () => {
  let taken = 0;
  const { player, sent } = playLoop('eager', () => taken++ < 7);
  player.start(0);
  player.tick(0);
  expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('after the process was held up for long, the missed time is not made up for', () => {
  const { player, sent } = playLoop('live', () => true);
  player.start(0);
  player.tick(0);
  player.tick(60_000);
  expect(sent).toHaveLength(2);
});
