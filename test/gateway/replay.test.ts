import type { Socket } from 'node:net';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createIntraPicture } from '../../gateway/replay/intra-picture.ts';
import { playInstant } from '../../gateway/replay/play-instant.ts';
import { parseRtpPacket } from '../../gateway/replay/rtp-packet.ts';
import { createRtspReader } from '../../gateway/replay/rtsp-reader.ts';
import { findVideoTrack } from '../../gateway/replay/video-track.ts';
import { type Clip, prepareMedia } from '../simulators/media.ts';
import { numberPackets, packetTemplate } from '../simulators/rtsp/rtp.ts';
import { rawDevice } from './onvif-raw-device.ts';

const at = Date.parse('2026-09-01T04:00:00Z');
const sdp = 'v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';
let clip: Clip;
beforeAll(async () => {
  clip = (await prepareMedia())['h264-1080p'];
});

/** The packets of one access unit, each behind its interleaving header. */
function packetsOf(index: number, sequence = 0): Buffer {
  const unit = clip.accessUnits[index];
  if (unit === undefined) throw new RangeError('no such access unit');
  const marks = { recordedAt: at, endOfSpan: false, discontinuity: false, terminal: false, cseq: 3 };
  return numberPackets(packetTemplate('h264', unit, 'replay'), { channel: 0, sequence, timestamp: index * 4500, ssrc: 1, marks });
}

type Asked = { method: string; url: string; headers: string; cseq: string };
type Answers = Partial<Record<string, (asked: Asked, socket: Socket) => string | Buffer | undefined>>;

const ok = ({ cseq }: Asked, more = '', body = '') =>
  `RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n${more}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
const proper: Answers = {
  DESCRIBE: (asked) => ok(asked, 'Content-Type: application/sdp\r\n', sdp),
  SETUP: (asked) => ok(asked, 'Session: 7;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n'),
  PLAY: (asked) => Buffer.concat([Buffer.from(ok(asked)), packetsOf(0)]),
  TEARDOWN: (asked) => ok(asked),
};

/** What playing comes to with a recorder that answers so, and what it was asked. */
async function play(answers: Answers, { patienceMs = 20_000, signal = AbortSignal.timeout(60_000) } = {}) {
  const asked: Asked[] = [];
  await using device = await rawDevice((socket) => {
    socket.on('data', (chunk) => {
      for (const text of chunk
        .toString('latin1')
        .split('\r\n\r\n')
        .filter((each) => each !== '')) {
        const [, method = '', url = ''] = /^(\S+) (\S+)/.exec(text) ?? [];
        const request = { method, url, headers: text, cseq: /CSeq: (\d+)/.exec(text)?.[1] ?? '' };
        asked.push(request);
        const answer = answers[method]?.(request, socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
  const address = new URL(`rtsp://127.0.0.1:${device.port}/playback?channel=1`);
  const question = { address, at, credentials: { username: 'u', password: 'geheim' }, patienceMs, signal };
  const seen = await playInstant(question).then(
    (picture) => ({ picture, fault: undefined, detail: '' }),
    (thrown: unknown) => {
      if (!(thrown instanceof DeviceError)) throw thrown;
      return { picture: undefined, fault: thrown.fault, detail: thrown.detail };
    },
  );
  return { ...seen, asked };
}

const refusing =
  (status: string) =>
  ({ cseq }: Asked) =>
    `RTSP/1.0 ${status}\r\nCSeq: ${cseq}\r\n\r\n`;

describe('playing back an instant', () => {
  test('asks as ONVIF has it, takes the first picture, and ends the session', async () => {
    const { picture, asked } = await play(proper);
    expect(picture).toMatchObject({ codec: 'h264', recordedAt: at });
    expect(asked.map(({ method }) => method)).toEqual(['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(asked[1]).toMatchObject({ url: expect.stringMatching(/channel=1\/track1$/) });
    for (const line of ['Require: onvif-replay', 'Range: clock=20260901T040000.000Z-', 'Rate-Control: no', 'Frames: intra', 'Session: 7'])
      expect(asked[2]?.headers).toContain(line);
  });

  test('takes packets that come ahead of the answer to PLAY, and passes over requests of the recorder’s own', async () => {
    const PLAY = (asked: Asked) => Buffer.concat([packetsOf(0), Buffer.from(`SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n${ok(asked)}`)]);
    expect((await play({ ...proper, PLAY })).picture).toBeDefined();
  });

  test('waits for a keyframe where the recorder sends other pictures first', async () => {
    const PLAY = (asked: Asked) => Buffer.concat([Buffer.from(ok(asked)), packetsOf(19), packetsOf(20, packetCount(19))]);
    expect((await play({ ...proper, PLAY })).picture?.recordedAt).toBe(at);
  });

  test.each<[string, Answers, string]>([
    ['knows no such address', { DESCRIBE: refusing('404 Not Found') }, 'no-stream'],
    ['has nothing at that instant', { ...proper, PLAY: refusing('457 Invalid Range') }, 'no-stream'],
    ['has no session left', { ...proper, SETUP: refusing('453 Not Enough Bandwidth') }, 'busy'],
    ['does not let this account see its streams', { DESCRIBE: refusing('403 Forbidden') }, 'not-supported'],
    ['does not let this account play back', { ...proper, PLAY: refusing('403 Forbidden') }, 'not-supported'],
    ['does not know replay', { ...proper, SETUP: refusing('551 Option not supported') }, 'not-supported'],
    ['sends us elsewhere', { DESCRIBE: refusing('302 Found') }, 'redirected'],
    ['answers with an error of its own', { ...proper, PLAY: refusing('500 Internal Server Error') }, 'http-error'],
    ['describes no video', { DESCRIBE: (asked) => ok(asked, '', 'v=0\r\nm=audio 0 RTP/AVP 0\r\n') }, 'no-stream'],
    ['plays another kind of video', { DESCRIBE: (asked) => ok(asked, '', sdp.replace('H264', 'JPEG')) }, 'not-supported'],
    ['names no session', { ...proper, SETUP: (asked) => ok(asked) }, 'malformed'],
    ['speaks another protocol', { DESCRIBE: () => 'HTTP/1.1 400 Bad Request\r\n\r\n' }, 'malformed'],
    ['speaks no protocol at all', { DESCRIBE: () => '\u0000\u0001\u0002' }, 'malformed'],
    ['declares an endless answer', { DESCRIBE: (asked) => ok(asked, 'Content-Length: 999999999\r\n') }, 'too-large'],
    ['sends a header without end', { DESCRIBE: () => `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(4000)}` }, 'malformed'],
    ['hangs up', { DESCRIBE: (_, socket) => void socket.end() }, 'truncated'],
    ['hangs up instead of playing', { ...proper, PLAY: (asked, socket) => void socket.end(ok(asked)) }, 'stalled'],
    [
      'hangs up in the middle of the picture',
      { ...proper, PLAY: (asked, socket) => void socket.end(Buffer.concat([Buffer.from(ok(asked)), packetsOf(0).subarray(0, 9000)])) },
      'truncated',
    ],
    ['never ends a picture', { ...proper, PLAY: (asked, socket) => flood(asked, socket) }, 'too-large'],
  ])('gives a fault with a recorder that %s', async (_, answers, fault) => {
    expect((await play(answers)).fault).toBe(fault);
  });

  test.each<[string, Answers, string]>([
    ['says nothing', {}, 'no-answer'],
    ['stops in the middle of an answer', { DESCRIBE: () => 'RTSP/1.0 200 OK\r\n' }, 'too-slow'],
    ['says that it plays, and sends nothing', { ...proper, PLAY: (asked) => ok(asked) }, 'stalled'],
    ['plays other packets than it described', { ...proper, DESCRIBE: (asked) => ok(asked, '', sdp.replaceAll('96', '97')) }, 'malformed'],
    [
      'sends only pictures that need others',
      { ...proper, PLAY: (asked) => Buffer.concat([Buffer.from(ok(asked)), packetsOf(1)]) },
      'does-not-decode',
    ],
  ])('gives up a recorder that %s', async (_, answers, fault) => {
    expect((await play(answers, { patienceMs: 2000 })).fault).toBe(fault);
  });

  test('does not blame the recorder when it was stopped itself', async () => {
    const stop = new AbortController();
    const PLAY = (asked: Asked, socket: Socket) => {
      socket.write(ok(asked), () => setImmediate(() => stop.abort()));
      return undefined;
    };
    expect((await play({ ...proper, PLAY }, { signal: stop.signal })).fault).toBe('too-slow');
  });

  test('sends a refused password once, and quotes it nowhere', async () => {
    const DESCRIBE = ({ cseq }: Asked) =>
      `RTSP/1.0 401 Unauthorized\r\nCSeq: ${cseq}\r\nWWW-Authenticate: Digest realm="r", nonce="${cseq}"\r\n\r\n`;
    const { fault, detail, asked } = await play({ DESCRIBE });
    expect(fault).toBe('credentials-refused');
    expect(asked.filter(({ headers }) => headers.includes('Authorization: Digest'))).toHaveLength(1);
    expect(JSON.stringify([detail, asked])).not.toContain('geheim');
  });
});

function packetCount(index: number): number {
  const unit = clip.accessUnits[index];
  return unit === undefined ? 0 : packetTemplate('h264', unit, 'replay').starts.length;
}

/** The middle of a slice, for ever. */
function flood(asked: Asked, socket: Socket): undefined {
  const payload = Buffer.concat([Buffer.from([28, 0x05]), Buffer.alloc(60_000)]);
  socket.write(ok(asked));
  const packet = (sequence: number) => {
    const header = Buffer.alloc(16);
    header[0] = 0x24;
    header.writeUInt16BE(12 + payload.length, 2);
    header.set([0x80, 96], 4);
    header.writeUInt16BE(sequence & 0xffff, 6);
    return Buffer.concat([header, payload]);
  };
  let sequence = 0;
  const more = () => {
    while (!socket.destroyed && socket.write(packet(sequence))) sequence += 1;
  };
  socket.on('drain', more);
  more();
  return undefined;
}

describe('what a recorder sends', () => {
  test('is read the same in whatever pieces it comes', () => {
    const whole = Buffer.concat([Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nhi'), packetsOf(0)]);
    const all = createRtspReader()(whole);
    expect(all.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const read = createRtspReader();
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        expect(places.slice(1).flatMap((end, index) => read(whole.subarray(places[index], end)))).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  test('never throws anything but a fault of the device, whatever the bytes', () => {
    const start = fc.constantFrom('', '$\u0000', 'RTSP/1.0 200 OK\r\n', 'PLAY * RTSP/1.0\r\n', '\r\n\r\n');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (beginning, bytes) => {
        try {
          createRtspReader()(Buffer.concat([Buffer.from(beginning), bytes]));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DeviceError);
        }
        const picture = createIntraPicture('h264', []);
        const packet = parseRtpPacket(Buffer.from([0x90, 96, ...bytes]));
        if (packet !== undefined) picture(packet);
        const other = createIntraPicture('h265', []);
        if (packet !== undefined) other({ ...packet, marker: true });
      }),
    );
  });

  test('is no picture where a packet of it was lost', () => {
    const packets = createRtspReader()(packetsOf(0)).flatMap((heard) => (heard.kind === 'packet' ? [heard.bytes] : []));
    const picture = createIntraPicture('h264', []);
    const found = packets.filter((_, index) => index !== 3).map((bytes) => picture(parsed(bytes)));
    expect(packets.length).toBeGreaterThan(5);
    expect(found.every((each) => each === undefined)).toBe(true);
  });

  const packet = (sequence: number, timestamp: number, payload: number[]) => ({
    payloadType: 96,
    marker: true,
    sequence,
    timestamp,
    payload: Buffer.from(payload),
  });
  const [predicted, idr, laterSlice, parameters] = [
    [0x41, 0x9a, 0x80],
    [0x65, 0x88, 0x80],
    [0x65, 0x44, 0x20],
    [0x67, 0x64],
  ];

  test('is a picture where whole pictures were left out before it, as a recorder does that plays keyframes only', () => {
    const picture = createIntraPicture('h264', []);
    expect(picture(packet(1, 1, predicted))).toBeUndefined();
    expect(picture(packet(9, 9, idr))).toBeDefined();
  });

  test('is no picture where what was left out may be its own beginning', () => {
    const picture = createIntraPicture('h264', []);
    expect(picture(packet(1, 1, predicted))).toBeUndefined();
    expect(picture(packet(9, 9, laterSlice))).toBeUndefined();
  });

  test.each<[string, number, number | undefined]>([
    ['keeps its date where its parameter sets were marked as a picture of their own', 1, at],
    ['does not take over the date of another', 2, undefined],
  ])('%s', (_, timestamp, recordedAt) => {
    const picture = createIntraPicture('h264', []);
    expect(picture({ ...packet(1, 1, parameters), recordedAt: at })).toBeUndefined();
    expect(picture(packet(2, timestamp, idr))).toMatchObject({ recordedAt });
  });

  test('has its own date where the recorder gives all pictures one timestamp', () => {
    const picture = createIntraPicture('h264', []);
    expect(picture({ ...packet(1, 1, predicted), recordedAt: at })).toBeUndefined();
    expect(picture({ ...packet(2, 1, idr), recordedAt: at + 40 })).toMatchObject({ recordedAt: at + 40 });
  });

  test('is no picture where it needs others to decode, even one the recorder marks as clean', () => {
    const marked = packetsOf(1);
    // The C bit of the replay extension (ONVIF Streaming).
    marked[4 + 12 + 12] = 0x80;
    const picture = createIntraPicture('h264', clip.parameterSets);
    const found = createRtspReader()(marked).map((heard) => (heard.kind === 'packet' ? picture(parsed(heard.bytes)) : undefined));
    expect(found.every((each) => each === undefined)).toBe(true);
  });

  test.each<[string, number[], boolean]>([
    ['an IDR picture', [0x65, 0x88, 0x80], true],
    ['an intra picture that is no IDR', [0x41, 0x88, 0x80], true],
    ['a later slice of one', [0x41, 0x01, 0x44, 0x20], true],
    ['a predicted picture', [0x41, 0x9a, 0x80], false],
    ['nothing of use', [0x41], false],
  ])('may begin with %s: %o, %s', (_, payload, expected) => {
    const packet = { payloadType: 96, marker: true, sequence: 1, timestamp: 1, payload: Buffer.from(payload) };
    expect(createIntraPicture('h264', [])(packet) !== undefined).toBe(expected);
  });

  test('is undated where the packets carry no replay extension', () => {
    const plain = numberPackets(packetTemplate('h264', clip.accessUnits[0] ?? { nals: [], keyframe: true }, 'live'), {
      channel: 0,
      sequence: 0,
      timestamp: 0,
      ssrc: 1,
    });
    const picture = createIntraPicture('h264', []);
    const found = createRtspReader()(plain).flatMap((heard) => (heard.kind === 'packet' ? (picture(parsed(heard.bytes)) ?? []) : []));
    expect(found).toMatchObject([{ recordedAt: undefined }]);
  });

  test('names its track relative to the session, absolutely or not at all', () => {
    const controlled = (control: string) => findVideoTrack(sdp.replace('a=control:track1', control), 'rtsp://nvr/play?ch=1').control;
    expect(controlled('a=control:track1')).toBe('rtsp://nvr/play?ch=1/track1');
    expect(controlled('a=control:rtsp://10.0.0.1/other')).toBe('rtsp://10.0.0.1/other');
    expect(controlled('a=x:y')).toBe('rtsp://nvr/play?ch=1');
  });
});

function parsed(bytes: Buffer) {
  const packet = parseRtpPacket(bytes);
  if (packet === undefined) throw new TypeError('no RTP packet');
  return packet;
}
