// The simulator against ffmpeg, which the gateway uses, and packet by packet.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Footage } from './footage.ts';
import { type ClipName, type Media, prepareMedia } from './media.ts';
import { connectRawClient, parseNtpTime, type RawClient, type RawPacket, type RawReplayMarks } from './rtsp/raw-client.ts';
import { createRtspServer, type RtspServer, type RtspServerOptions, type RtspSource } from './rtsp/rtsp-server.ts';

let media: Media;
beforeAll(async () => {
  media = await prepareMedia();
});

const credentials = { username: 'installer', password: 'p@ss:w/rd' };

/** Plays every clip under its name, unless told what to play. */
async function serve(options: Partial<RtspServerOptions> = {}): Promise<RtspServer> {
  const resolve = (path: string): RtspSource | undefined => {
    const clip = Object.entries(media).find(([name]) => path === `/${name}`)?.[1];
    return clip && { clip: () => clip };
  };
  const server = await createRtspServer({ resolve, ...options });
  onTestFinished(() => server.close());
  return server;
}

async function connectTo(server: RtspServer): Promise<RawClient> {
  const client = await connectRawClient(server.port);
  onTestFinished(() => client.close());
  return client;
}

const interleaved = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

/** Sets a session up and returns the header that names it. */
async function setUp(client: RawClient, url: string, headers: Record<string, string> = {}): Promise<{ Session: string }> {
  const reply = await client.request('SETUP', `${url}/trackID=1`, { ...interleaved, ...headers });
  expect(reply.status).toBe(200);
  return { Session: reply.headers.get('session')?.split(';')[0] ?? '' };
}

/** The next media packet; reports in between are left out. */
async function mediaPacket(client: RawClient): Promise<RawPacket> {
  for (;;) {
    const packet = await client.packet();
    if (packet === undefined) throw new Error('The connection ended before a media packet came.');
    if (packet.channel === 0) return packet;
  }
}

describe('ffmpeg', () => {
  async function probe(url: string, transport: string): Promise<{ streams: unknown[]; complaints: string }> {
    const args = ['-v', 'error', '-timeout', '5000000', '-rtsp_transport', transport, '-count_frames', '-read_intervals', '%+1'];
    const shown = ['-show_entries', 'stream=codec_name,width,height,r_frame_rate', '-of', 'json', url];
    const { stdout, stderr } = await promisify(execFile)('ffprobe', [...args, ...shown], { timeout: 20_000 });
    return { streams: JSON.parse(stdout).streams, complaints: stderr };
  }

  test.each<[ClipName, string, object]>([
    ['h264-1080p', 'tcp', { codec_name: 'h264', width: 1920, height: 1080, r_frame_rate: '20/1' }],
    ['h264-1080p', 'udp', { codec_name: 'h264', width: 1920, height: 1080, r_frame_rate: '20/1' }],
    ['h265-1080p', 'tcp', { codec_name: 'hevc', width: 1920, height: 1080, r_frame_rate: '20/1' }],
    ['h265-1080p', 'udp', { codec_name: 'hevc', width: 1920, height: 1080, r_frame_rate: '20/1' }],
    ['h264-720p', 'tcp', { codec_name: 'h264', width: 1280, height: 720, r_frame_rate: '10/1' }],
  ])('decodes %s over %s', async (name, transport, stream) => {
    const server = await serve();
    expect(await probe(server.url(`/${name}`), transport)).toEqual({ streams: [stream], complaints: '' });
  });

  test('decodes replayed footage', async () => {
    const footage = [{ from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) }];
    const server = await serve({ resolve: () => ({ clip: () => media['h264-1080p'], footage }) });
    expect((await probe(server.url('/replay'), 'tcp')).streams).toMatchObject([{ width: 1920 }]);
  });

  test('is let in with the right password', async () => {
    const server = await serve({ credentials });
    const url = server.url('/h264-720p').replace('://', `://${credentials.username}:${encodeURIComponent(credentials.password)}@`);
    expect((await probe(url, 'tcp')).streams).toMatchObject([{ width: 1280 }]);
  });

  test('is refused with a wrong password', async () => {
    const server = await serve({ credentials });
    const url = server.url('/h264-720p').replace('://', '://installer:guess@');
    await expect(probe(url, 'tcp')).rejects.toThrow('401 Unauthorized');
  });
});

describe('requests', () => {
  test.each<[string, string, string, Record<string, string>, number]>([
    ['a path nothing plays at', 'DESCRIBE', '/nothing', {}, 404],
    ['an address that is none', 'DESCRIBE', ' ', {}, 400],
    ['multicast', 'SETUP', '/h264-720p/trackID=1', { Transport: 'RTP/AVP;multicast;client_port=5000-5001' }, 461],
    ['UDP without ports', 'SETUP', '/h264-720p/trackID=1', { Transport: 'RTP/AVP;unicast' }, 461],
    ['ports that do not exist', 'SETUP', '/h264-720p/trackID=1', { Transport: 'RTP/AVP;unicast;client_port=70000-70001' }, 461],
    ['replay of a live camera', 'SETUP', '/h264-720p/trackID=1', { ...interleaved, Require: 'onvif-replay' }, 551],
    ['a session that was never set up', 'PLAY', '/h264-720p/', { Session: 'abc' }, 454],
    ['a method of the other direction', 'ANNOUNCE', '/h264-720p', {}, 501],
  ])('%s is refused', async (_, method, path, headers, status) => {
    const server = await serve();
    const client = await connectTo(server);
    const url = path === ' ' ? 'http:' : server.url(path);
    const reply = await client.request(method, url, headers);
    expect([reply.status, reply.headers.get('cseq')]).toEqual([status, '1']);
  });

  test('a session offers its parameter sets, plays, and ends with TEARDOWN', async () => {
    const server = await serve();
    const client = await connectTo(server);
    const url = server.url('/h264-1080p');
    const described = await client.request('DESCRIBE', url);
    expect(described.headers.get('content-base')).toBe(`${url}/`);
    expect(described.body).toContain(media['h264-1080p'].parameterSets.map((set) => set.toString('base64')).join(','));
    const session = await setUp(client, url);
    expect(server.sessions()).toBe(1);
    const playing = await client.request('PLAY', `${url}/`, session);
    const first = await mediaPacket(client);
    expect(playing.headers.get('rtp-info')).toBe(`url=${url}/trackID=1;seq=${first.sequence};rtptime=${first.timestamp}`);
    expect((await client.request('GET_PARAMETER', url, session)).status).toBe(200);
    expect((await client.request('TEARDOWN', url, session)).status).toBe(200);
    expect(server.sessions()).toBe(0);
    expect((await client.request('PLAY', url, session)).status).toBe(454);
  });

  test('a second session on the same connection is refused', async () => {
    const server = await serve();
    const client = await connectTo(server);
    await setUp(client, server.url('/h264-1080p'));
    expect((await client.request('SETUP', server.url('/h264-720p/trackID=1'), interleaved)).status).toBe(455);
  });

  test('after a pause the numbers go on where they stopped', async () => {
    const server = await serve();
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/h264-1080p'));
    await client.request('PLAY', server.url('/h264-1080p'), session);
    let last = await mediaPacket(client);
    await client.request('PAUSE', server.url('/h264-1080p'), session);
    await client.request('PLAY', server.url('/h264-1080p'), session);
    for (let count = 0; count < 200; count += 1) {
      const next = await mediaPacket(client);
      expect(next.sequence).toBe((last.sequence + 1) & 0xffff);
      last = next;
    }
  });

  test('query parameters reach whoever resolves the path', async () => {
    const asked: string[] = [];
    const resolve = (path: string, query: URLSearchParams) => {
      asked.push(`${path} ${query.get('channel')}`);
      return { clip: () => media['h264-720p'] };
    };
    const server = await serve({ resolve });
    const client = await connectTo(server);
    await client.request('DESCRIBE', server.url('/cam/realmonitor?channel=3&subtype=0'));
    await setUp(client, server.url('/cam/realmonitor?channel=4&subtype=0'));
    expect(asked).toEqual(['/cam/realmonitor 3', '/cam/realmonitor 4']);
  });

  test.each([
    ['more headers than any client sends', `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: ${'x'.repeat(9000)}\r\n`, 413],
    ['a body that is too long', 'SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999\r\n\r\n', 413],
    ['another version', 'OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n', 505],
    ['another protocol', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a header without a colon', 'OPTIONS * RTSP/1.0\r\nnonsense\r\n\r\n', 400],
  ])('%s is answered, and the connection closed', async (_, text, status) => {
    const client = await connectTo(await serve());
    client.write(text);
    expect((await client.reply()).status).toBe(status);
    await client.closed;
  });

  test('requests in pieces, and reports of the client between them, are understood', async () => {
    const client = await connectTo(await serve());
    client.write('$\x01\x00\x04abcdOPTIONS * RTSP/1.0\r\nCS');
    client.write('eq: 7\r\n\r\n$\x01\x00\x00OPTIONS * RTSP/1.0\r\nCSeq: 8\r\n\r\n');
    expect((await client.reply()).headers.get('cseq')).toBe('7');
    expect((await client.reply()).headers.get('cseq')).toBe('8');
  });
});

describe('refusals', () => {
  function authorization(challenge: string | undefined, { username, password }: typeof credentials, method: string, uri: string): string {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const [, realm, nonce] = /realm="([^"]*)", nonce="([^"]*)"/.exec(challenge ?? '') ?? [];
    const response = md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${md5(`${method}:${uri}`)}`);
    return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`;
  }

  test('without a password only OPTIONS is answered', async () => {
    const server = await serve({ credentials });
    const client = await connectTo(server);
    expect((await client.request('OPTIONS', '*')).status).toBe(200);
    const refused = await client.request('DESCRIBE', server.url('/h264-720p'));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Digest realm=')]);
  });

  test('an answer to the challenge of another connection is refused', async () => {
    const server = await serve({ credentials });
    const url = server.url('/h264-720p');
    const [one, other] = [await connectTo(server), await connectTo(server)];
    const challenge = (await one.request('DESCRIBE', url)).headers.get('www-authenticate');
    const headers = { Authorization: authorization(challenge, credentials, 'DESCRIBE', url) };
    expect((await other.request('DESCRIBE', url, headers)).status).toBe(401);
    expect((await one.request('DESCRIBE', url, headers)).status).toBe(200);
  });

  test.each([
    ['locked', 403],
    ['busy', 453],
  ] as const)('a %s device says so', async (refusal, status) => {
    const server = await serve({ refuses: () => refusal });
    const client = await connectTo(server);
    expect((await client.request('DESCRIBE', server.url('/h264-720p'))).status).toBe(status);
  });
});

describe('live', () => {
  test('a report comes first and tells the time of the stream', async () => {
    const server = await serve();
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/h264-720p'));
    const before = Date.now();
    await client.request('PLAY', server.url('/h264-720p'), session);
    const report = await client.packet();
    expect([report?.channel, report?.bytes[1]]).toEqual([1, 200]);
    const told = parseNtpTime(report?.bytes.subarray(8) ?? Buffer.alloc(8));
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(Date.now());
  });

  test('a stalled stream opens, and sends its first packet only when it recovers', async () => {
    let stalled = true;
    const server = await serve({ resolve: () => ({ clip: () => media['h264-1080p'], stalled: () => stalled }) });
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/live'));
    const playing = await client.request('PLAY', server.url('/live'), session);
    await client.request('GET_PARAMETER', server.url('/live'), session);
    stalled = false;
    const first = await mediaPacket(client);
    expect(playing.headers.get('rtp-info')).toContain(`seq=${first.sequence};`);
    expect(first.payload).toEqual(media['h264-1080p'].parameterSets[0]);
  });

  test('another clip of the same codec goes on in the same session, from its first keyframe', async () => {
    let name: ClipName = 'h264-1080p';
    const server = await serve({ resolve: () => ({ clip: () => media[name] }) });
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/live'));
    await client.request('PLAY', server.url('/live'), session);
    await mediaPacket(client);
    name = 'h264-720p';
    const expected = media['h264-720p'].parameterSets[0];
    let packet = await mediaPacket(client);
    while (!packet.payload.equals(expected ?? Buffer.alloc(0))) packet = await mediaPacket(client);
    expect(server.sessions()).toBe(1);
  });

  test('a change of codec ends the session', async () => {
    let name: ClipName = 'h264-1080p';
    const server = await serve({ resolve: () => ({ clip: () => media[name] }) });
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/live'));
    await client.request('PLAY', server.url('/live'), session);
    name = 'h265-1080p';
    await client.closed;
    await vi.waitFor(() => expect(server.sessions()).toBe(0));
  });

  test('unplugged it drops everybody and refuses; plugged in again it plays at the same address', async () => {
    const server = await serve();
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/h264-720p'));
    await client.request('PLAY', server.url('/h264-720p'), session);
    await server.unplug();
    await client.closed;
    expect(server.sessions()).toBe(0);
    await expect(connectRawClient(server.port)).rejects.toThrow('ECONNREFUSED');
    await server.plug();
    const again = await connectTo(server);
    const sessionAgain = await setUp(again, server.url('/h264-720p'));
    await again.request('PLAY', server.url('/h264-720p'), sessionAgain);
    expect((await mediaPacket(again)).sequence).toBeTypeOf('number');
  });
});

describe('replay', () => {
  const at = (time: string) => Date.parse(`2026-03-01T${time}Z`);
  const footage: Footage = [
    { from: at('08:00:00'), to: at('08:00:10') },
    { from: at('08:01:00'), to: at('08:01:03') },
  ];
  const replay = { Require: 'onvif-replay', 'Rate-Control': 'no' };

  async function play(range: string, headers: Record<string, string> = {}) {
    const server = await serve({ resolve: () => ({ clip: () => media['h264-1080p'], footage }) });
    const client = await connectTo(server);
    const session = await setUp(client, server.url('/replay'), { Require: 'onvif-replay' });
    const ask = (asked: string) =>
      client.request('PLAY', server.url('/replay'), { ...session, ...replay, ...headers, Range: `clock=${asked}` });
    return { client, ask, reply: await ask(range) };
  }

  type Unit = RawReplayMarks & { timestamp: number };

  /** Access units by their first packets. */
  async function units(client: RawClient, enough: (marks: Unit) => boolean): Promise<Unit[]> {
    const seen: Unit[] = [];
    for (;;) {
      const { marks, timestamp } = await mediaPacket(client);
      if (marks === undefined) continue;
      const unit = { ...marks, timestamp };
      seen.push(unit);
      if (enough(unit)) return seen;
    }
  }
  const terminal = ({ terminal }: Unit) => terminal;

  test('DESCRIBE tells the range and the track', async () => {
    const server = await serve({ resolve: () => ({ clip: () => media['h264-1080p'], footage }) });
    const { body } = await (await connectTo(server)).request('DESCRIBE', server.url('/replay'), { Require: 'onvif-replay' });
    expect(body).toContain('a=range:clock=20260301T080000.000Z-20260301T080103.000Z');
    expect(body).toContain('a=x-onvif-track:');
  });

  test.each([
    ['at a keyframe', '20260301T080003Z-', { recordedAt: at('08:00:03'), discontinuity: false }],
    ['between keyframes', '20260301T080003.700Z-', { recordedAt: at('08:00:03'), discontinuity: false }],
    ['in a hole', '20260301T080030.000Z-', { recordedAt: at('08:01:00'), discontinuity: true }],
    ['before all footage', '20260101T000000Z-', { recordedAt: at('08:00:00'), discontinuity: true }],
  ])('begun %s it starts with the right keyframe', async (_, range, expected) => {
    const { client, reply } = await play(range);
    expect(reply.status).toBe(200);
    const [first] = await units(client, () => true);
    expect(first).toMatchObject({ ...expected, clean: true, cseq: 2 });
    expect(reply.headers.get('rtp-info')).toContain(`rtptime=${first?.timestamp}`);
  });

  test('every access unit comes, the last before the hole and the last of all marked', async () => {
    const { client } = await play('20260301T080000Z-');
    const all = await units(client, terminal);
    expect(all).toHaveLength(20 * 10 + 20 * 3);
    expect(all.filter((unit) => unit.endOfSpan).map((unit) => unit.recordedAt)).toEqual([at('08:00:09.950'), at('08:01:02.950')]);
    expect(all.filter((unit) => unit.discontinuity).map((unit) => unit.recordedAt)).toEqual([at('08:01:00')]);
    expect(all.filter((unit) => unit.clean)).toHaveLength(13);
  });

  test('timestamps are those of the recording where the client sets the pace', async () => {
    const { client } = await play('20260301T080009.950Z-');
    const [first, ...rest] = await units(client, ({ recordedAt }) => recordedAt === at('08:01:00'));
    expect(((rest.at(-1)?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(51_000 * 90);
  });

  test('timestamps run through where the server sets the pace', async () => {
    const { client } = await play('20260301T080009.950Z-', { 'Rate-Control': 'yes' });
    const seen = await units(client, ({ recordedAt }) => recordedAt === at('08:01:00'));
    const [last, first] = [seen.at(-1), seen.at(-2)];
    expect(((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBeLessThan(51_000 * 90);
  });

  test.each([
    ['intra', 13],
    ['intra/4000', 4],
  ])('with Frames: %s only so many keyframes come', async (frames, count) => {
    const { client } = await play('20260301T080000Z-', { Frames: frames });
    const all = await units(client, terminal);
    expect(all).toHaveLength(count);
    expect(all.every((unit) => unit.clean)).toBe(true);
    expect(all.filter((unit) => unit.endOfSpan)).toHaveLength(2);
  });

  test('a closed range ends inside the footage, and a new PLAY is marked as its own', async () => {
    const { client, ask } = await play('20260301T080000Z-20260301T080000.100Z');
    await units(client, ({ recordedAt }) => recordedAt === at('08:00:00.100'));
    await ask('20260301T080005Z-');
    const [next] = await units(client, () => true);
    expect(next).toMatchObject({ recordedAt: at('08:00:05'), discontinuity: true, cseq: 3 });
  });

  test.each([
    ['after all footage', '20260401T000000Z-'],
    ['that runs backwards', '20260301T080005Z-20260301T080000Z'],
    ['that is no time', '2026-03-01-'],
  ])('a range %s is refused', async (_, range) => {
    expect((await play(range)).reply.status).toBe(457);
  });
});
