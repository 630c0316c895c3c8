// Hostile recorders: whatever comes over RTSP, playing back ends in its time with a picture or a fault of the device.
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { readReplayAddress } from '../../gateway/onvif/replay.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { createIntraPicture } from '../../gateway/replay/intra-picture.ts';
import { playInstant } from '../../gateway/replay/play-instant.ts';
import { parseRtpPacket } from '../../gateway/replay/rtp-packet.ts';
import { createRtspReader } from '../../gateway/replay/rtsp-reader.ts';
import { findVideoTrack } from '../../gateway/replay/video-track.ts';
import { prepareMedia } from '../simulators/media.ts';
import { createRecorder } from '../simulators/recorder.ts';
import { damaged, endless, jumbled, mayOnlyBlameTheDevice } from './hostile.ts';
import { rawDevice } from './onvif-raw-device.ts';

const at = Date.now() - 3 * 86_400_000;
const password = 'p:w"d';

/** What a simulated recorder answered to each request of one play-back, byte by byte. */
let answers: Buffer[];
let sdp: string;
let packets: Buffer[];

beforeAll(async () => {
  const recorder = await createRecorder({ media: await prepareMedia(), channels: [{ name: 'kitchen-1' }], password });
  const credentials = { username: recorder.username, password };
  const session = createOnvifSession({ address: recorder.onvifUrl, credentials, now: Date.now });
  const signal = AbortSignal.timeout(30_000);
  const address = new URL(await readReplayAddress(session, recorder.recordings[0] ?? '', { signal }));
  answers = [];
  await using between = await rawDevice((socket) => listenIn(socket, Number(address.port)));
  const direct = new URL(address);
  direct.port = String(between.port);
  await playInstant({ address: direct, at, credentials, patienceMs: 20_000, signal });
  await recorder.close();
  const heard = createRtspReader()(Buffer.concat(answers));
  sdp = heard.flatMap((each) => (each.kind === 'reply' && each.reply.body !== '' ? [each.reply.body] : []))[0] ?? '';
  packets = heard.flatMap((each) => (each.kind === 'packet' && each.channel === 0 ? [each.bytes] : []));
});

function listenIn(socket: Socket, port: number): void {
  const device = connect(port, '127.0.0.1');
  device.on('error', () => socket.destroy());
  socket.on('close', () => device.destroy());
  socket.on('data', (request) => {
    answers.push(Buffer.alloc(0));
    device.write(request);
  });
  device.on('data', (chunk) => {
    const last = answers.length - 1;
    answers[last] = Buffer.concat([answers[last] ?? Buffer.alloc(0), chunk]);
    socket.write(chunk);
  });
}

const ofRtsp = [
  '$',
  '$\0\0\0',
  '$\0\0\u0001',
  'RTSP/1.0 200 OK\r\n',
  'RTSP/1.0 401 x\r\n',
  'CSeq: 1\r\n',
  'Content-Length: ',
  '\r\n',
  '\r\n\r\n',
];
const ofHeaders = ['a:', ':', ' ', '\t', 'x', 'Session: ', 'PLAY * RTSP/1.0\r\n', '\0', '9'];
const ofSdp = [
  'm=video ',
  'm=audio 0 RTP/AVP 0\r\n',
  'a=control:',
  'a=rtpmap:96 H265/90000\r\n',
  'a=fmtp:96 sprop-sps=',
  ',',
  ';',
  '=',
  '\r\n',
  ' ',
  '\0',
];

test('what was recorded is a whole play-back', () => {
  expect(answers.length).toBeGreaterThanOrEqual(4);
  expect(findVideoTrack(sdp, 'rtsp://nvr/').codec).toBe('h264');
  const assemble = createIntraPicture('h264', []);
  expect(packets.map((bytes) => parseRtpPacket(bytes)).some((packet) => packet !== undefined && assemble(packet) !== undefined)).toBe(true);
});

describe('a session description', () => {
  test('may be damaged or made up in any way', () => {
    fc.assert(
      fc.property(fc.oneof(damaged(sdp, ofSdp), jumbled(ofSdp)), (bytes) => {
        const track = mayOnlyBlameTheDevice(() => findVideoTrack(bytes.toString('utf8'), 'rtsp://nvr/play'));
        expect(track?.parameterSets.length ?? 0).toBeLessThanOrEqual(16);
      }),
      { numRuns: 500 },
    );
  });

  test('may be endless', () => {
    for (const bytes of endless(ofSdp, sdp)) mayOnlyBlameTheDevice(() => findVideoTrack(bytes.toString('utf8'), 'rtsp://nvr/play'));
  });
});

describe('what comes over the connection', () => {
  const whole = () => Buffer.concat(answers).subarray(0, 60_000);

  test('may be damaged or made up in any way, and come in any pieces', () => {
    const pieces = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(fc.oneof(damaged(whole(), ofRtsp), jumbled([...ofRtsp, ...ofHeaders])), pieces, (bytes, size) => {
        const read = createRtspReader();
        mayOnlyBlameTheDevice(() => {
          for (let start = 0; start < bytes.length; start += size) read(bytes.subarray(start, start + size));
        });
      }),
      { numRuns: 300 },
    );
  });

  test('may be endless', () => {
    for (const beginning of ['', 'RTSP/1.0 200 OK\r\nA: x'])
      for (const bytes of endless([...ofRtsp, ...ofHeaders], beginning)) mayOnlyBlameTheDevice(() => createRtspReader()(bytes));
  });
});

describe('the packets of a picture', () => {
  test('may be lost, repeated, in another order and damaged: what comes of them is a picture or none', () => {
    const some = fc.array(fc.tuple(fc.nat(200), fc.option(fc.tuple(fc.nat(40), fc.nat(255)))), { maxLength: 200 });
    fc.assert(
      fc.property(some, fc.constantFrom('h264' as const, 'h265' as const), (chosen, codec) => {
        const assemble = createIntraPicture(codec, []);
        mayOnlyBlameTheDevice(() => {
          for (const [index, damage] of chosen) {
            const bytes = Buffer.from(packets[index % packets.length] ?? Buffer.alloc(0));
            if (damage !== null) bytes[damage[0] % bytes.length] = damage[1];
            const packet = parseRtpPacket(bytes);
            const picture = packet && assemble(packet);
            if (picture !== undefined) expect(picture.stream.subarray(0, 4)).toEqual(Buffer.from([0, 0, 0, 1]));
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  const header = { payloadType: 96, marker: false, timestamp: 1 };
  test.each<[string, 'h264' | 'h265', number[]]>([
    ['pieces with nothing in them', 'h264', [28, 0x05]],
    ['beginnings', 'h264', [28, 0x85, 1]],
    ['one-byte units, many to a packet', 'h264', [24, ...Array.from({ length: 400 }, () => [0, 1, 5]).flat()]],
    ['one-byte units of H.265', 'h265', [48 << 1, 1, ...Array.from({ length: 400 }, () => [0, 1, 38]).flat()]],
    ['pieces of H.265', 'h265', [49 << 1, 1, 19, 7]],
  ])('may be %s without end, and are given up', (_, codec, payload) => {
    const assemble = createIntraPicture(codec, []);
    const feed = () => {
      for (let sequence = 0; sequence < 3_000_000; sequence += 1)
        assemble({ ...header, sequence: sequence & 0xffff, payload: Buffer.from(payload) });
    };
    // Only what piles up has to be given up.
    mayOnlyBlameTheDevice(feed);
  });
});

describe('a recorder on the network', () => {
  const request = (port: number) => ({
    address: new URL(`rtsp://127.0.0.1:${port}/replay`),
    at,
    credentials: { username: 'mingzao', password },
    patienceMs: 400,
    signal: AbortSignal.timeout(60_000),
  });

  /** Plays with a recorder that gives the recorded answers in turn, this one of them changed. */
  async function playWith(changed: number, answer: Buffer, pieces: number): Promise<'picture' | 'fault'> {
    await using device = await rawDevice((socket) => {
      let asked = 0;
      socket.on('data', () => {
        const bytes = asked === changed ? answer : (answers[asked] ?? Buffer.alloc(0));
        asked += 1;
        for (let start = 0; start < bytes.length; start += pieces) socket.write(bytes.subarray(start, start + pieces));
      });
    });
    return await playInstant(request(device.port)).then(
      () => 'picture',
      (thrown: unknown) => {
        expect(thrown).toBeInstanceOf(DeviceError);
        expect(String(thrown)).not.toContain(password);
        return 'fault';
      },
    );
  }

  test('that gives the recorded answers plays', async () => {
    expect(await playWith(-1, Buffer.alloc(0), 1 << 20)).toBe('picture');
  });

  test('may damage any of its answers', { timeout: 120_000 }, async () => {
    const change = fc
      .nat(answers.length - 1)
      .chain((index) => fc.tuple(fc.constant(index), damaged(answers[index] ?? '', [...ofRtsp, ...ofSdp])));
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(change, fc.constantFrom(7, 1000, 1 << 20), async ([index, answer], pieces) => {
        outcomes.add(await playWith(index, answer, Math.max(pieces, Math.ceil(answer.length / 500))));
      }),
      { numRuns: 60 },
    );
    expect(outcomes).toContain('fault');
  });

  test.each(ofRtsp)('may send %j for ever', async (piece) => {
    const endlessly = (socket: Socket) => {
      const block = Buffer.from(piece.repeat(Math.ceil(60_000 / piece.length)));
      const more = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on('data', more);
      socket.on('drain', more);
    };
    await using device = await rawDevice(endlessly);
    await expect(playInstant(request(device.port))).rejects.toBeInstanceOf(DeviceError);
  });
});
