import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { captureFault } from '../../gateway/probes/capture-fault.ts';
import { probeContact } from '../../gateway/probes/contact.ts';
import type { Device } from '../../gateway/probes/device.ts';
import { probeIdentity } from '../../gateway/probes/identity.ts';
import { measurePackets } from '../../gateway/probes/packets.ts';
import { createPictureProbe } from '../../gateway/probes/picture.ts';
import { sampleStream } from '../../gateway/probes/sample-stream.ts';
import { createSlots } from '../../gateway/probes/slots.ts';
import { createStreamProbe } from '../../gateway/probes/stream.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import type { FaultName } from '../simulators/faults.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRtspServer, type RtspSource } from '../simulators/rtsp/rtsp-server.ts';
import { rawDevice } from './onvif-raw-device.ts';

const probeStream = createStreamProbe({ timeZone: 'Asia/Shanghai' });
const password = "zw:iebel@'suppe/ö%?#";
let media: Media;
let camera: SimulatedCamera;

beforeAll(async () => {
  media = await prepareMedia();
  camera = await createCamera({ media, password });
});
afterAll(() => camera.close());

const raised: FaultName[] = [];
async function raise(...faults: FaultName[]): Promise<void> {
  for (const fault of faults) await camera.faults.set(fault);
  raised.push(...faults);
}
afterEach(async () => {
  for (const fault of raised.splice(0)) await camera.faults.clear(fault);
});

function device(more: Partial<Device> = {}): Device {
  const credentials = { username: camera.username, password };
  return { id: 'cam-1', kind: 'camera', session: createOnvifSession({ address: camera.onvifUrl, credentials, now: Date.now }), ...more };
}

/** Both looks at one camera, one after the other as a gateway takes them. */
async function lookAt(watched: Device, how: ReturnType<typeof options>) {
  const { stream } = await probeStream(watched, how);
  const { picture } = await createPictureProbe({ files: nothingKept, isOpen: () => true, snapshotEverySeconds: 300 })(watched, how);
  return { stream, picture };
}
const nothingKept = { references: () => ({}), memory: () => undefined, remember: () => undefined };

const options = (ms = 20_000) => ({ signal: AbortSignal.timeout(ms), now: Date.now, seconds: 2 });

describe('contact', () => {
  test('tells how long an answer took and what time the device thinks it is', async () => {
    const seen = await probeContact(device(), options());
    expect(seen).toMatchObject({
      kind: 'contact',
      device: 'cam-1',
      address: `127.0.0.1:${camera.port}`,
      contact: { ok: true },
      clock: { ok: true, value: { utcOffsetMinutes: 480 } },
    });
    expect(seen.clock.ok && Math.abs(seen.clock.value.offsetSeconds)).toBeLessThan(2);
  });

  test('sees a clock that is two minutes ahead', async () => {
    await raise('clock-ahead');
    const { clock } = await probeContact(device(), options());
    expect(clock.ok && Math.abs(clock.value.offsetSeconds - 120)).toBeLessThan(2);
  });

  test.each([
    ['unplugged', 'refused'],
    ['silent', 'no-answer'],
    ['slow-drip', 'too-slow'],
    ['huge', 'too-large'],
    ['truncated', 'truncated'],
    ['redirect', 'redirected'],
    ['http-500', 'http-error'],
  ] as const)('with a device that is %s: %s', async (fault, code) => {
    await raise(fault);
    const seen = await probeContact(device(), options(fault === 'silent' || fault === 'slow-drip' ? 4000 : 20_000));
    expect([seen.contact, seen.clock]).toMatchObject([
      { ok: false, fault: code },
      { ok: false, fault: code },
    ]);
  });
});

describe('identity', () => {
  test('is what the device says of itself', async () => {
    expect(await probeIdentity(device({ expectedSerial: 'SIMCAM0001' }), options())).toMatchObject({
      identity: { ok: true, value: { model: 'SIM-CAM', serial: 'SIMCAM0001' } },
    });
  });

  test('of another device is not taken for that of the registered one', async () => {
    await raise('other-serial');
    expect(await probeIdentity(device({ expectedSerial: 'SIMCAM0001' }), options())).toMatchObject({
      identity: { ok: false, fault: 'wrong-device' },
    });
  });

  test.each(['digest-only', 'token-only', 'wrong-xaddr', 'clock-ahead', 'time-zone'] as const)(
    'is read from a device that is %s',
    async (fault) => {
      await raise(fault);
      expect(await probeIdentity(device(), options())).toMatchObject({ identity: { ok: true } });
    },
  );

  test('with the wrong password is refused, and does not lock the account', async () => {
    await raise('wrong-password');
    const watched = device();
    for (let round = 0; round < 10; round += 1)
      expect(await probeIdentity(watched, options())).toMatchObject({ identity: { ok: false, fault: 'credentials-refused' } });
    await camera.faults.clear('wrong-password');
    expect(await probeIdentity(device(), options())).toMatchObject({ identity: { ok: true } });
  });

  test('behind a locked account is told apart from a wrong password', async () => {
    await raise('locked');
    expect(await probeIdentity(device(), options())).toMatchObject({ identity: { ok: false, fault: 'locked' } });
  });
});

describe('the time that the picture shows', () => {
  const noon = Date.parse('2026-11-25T12:00:00+08:00');
  const looking = (now: number) => {
    const probe = createStreamProbe({ timeZone: 'Asia/Shanghai' });
    return async (seconds = 2) => {
      const { stream } = await probe(device(), { ...options(), seconds, now: () => now });
      return stream.ok ? stream.value.overlayClock : undefined;
    };
  };

  test('is told once two looks agree, with how far it is off by our clock', { timeout: 120_000 }, async () => {
    await raise('overlay-clock');
    const look = looking(noon + 10 * 60_000);
    expect(await look()).toBeUndefined();
    let told = await look();
    // Its few seconds come round again and again: two looks may see them too far apart, and always so where both go round alike.
    for (let further = 1; told === undefined && further < 12; further += 1) told = await look(2 + further * 0.3);
    expect(told).toMatchObject({ shown: expect.stringMatching(/^12:00:0[0-3]$/) });
    const { offsetSeconds, uncertaintySeconds } = told ?? { offsetSeconds: 0, uncertaintySeconds: 0 };
    expect(Math.abs(offsetSeconds + 600)).toBeLessThanOrEqual(uncertaintySeconds + 4);
    expect(uncertaintySeconds).toBeLessThan(10);
  });

  test('is not told where none is written into it', async () => {
    const look = looking(noon);
    expect([await look(), await look()]).toEqual([undefined, undefined]);
  });
});

describe('a sample of the stream', () => {
  test('is measured by its packets, and one picture of it is seen', async () => {
    const { stream, picture } = await lookAt(device(), options());
    expect(stream).toMatchObject({
      ok: true,
      value: { codec: 'h264', width: 1920, height: 1080, via: 'media2', profile: 'Profile_1' },
    });
    expect(stream.ok && Math.round((stream.value.framesPerSecond ?? 0) / 4)).toBe(5);
    expect(stream.ok && Math.round(stream.value.keyframeSeconds ?? 0)).toBe(1);
    expect(picture).toMatchObject({ ok: true, value: { blackPercent: expect.closeTo(0, 0), width: 1920, height: 1080 } });
  });

  test.each(['late-keyframe', 'timestamps-jump'] as const)('of a camera with %s is measured all the same', async (fault) => {
    await raise(fault);
    const { stream, picture } = await lookAt(device(), options());
    expect(stream).toMatchObject({ ok: true, value: { codec: 'h264', width: 1920, height: 1080 } });
    expect(stream.ok && Math.round((stream.value.framesPerSecond ?? 0) / 4)).toBe(5);
    expect(picture).toMatchObject({ ok: true, value: { blackPercent: expect.closeTo(0, 0), width: 1920 } });
  });

  test('that lost pictures only once has the rate of the second', async () => {
    await raise('half-rate');
    const looking = lookAt(device(), options(30_000));
    await vi.waitFor(() => expect(camera.sessions()).toBe(1), { timeout: 10_000, interval: 20 });
    await vi.waitFor(() => expect(camera.sessions()).toBe(0), { timeout: 10_000, interval: 20 });
    await camera.faults.clear('half-rate');
    const { stream } = await looking;
    expect(stream.ok && Math.round((stream.value.framesPerSecond ?? 0) / 4)).toBe(5);
  });

  test('that lacks half of its pictures each time has the rate at which they came', async () => {
    await raise('half-rate');
    const { stream } = await probeStream(device(), options(30_000));
    expect(stream.ok && Math.round((stream.value.framesPerSecond ?? 0) / 2)).toBe(5);
  });

  test('waits for the keyframe where the session description does not say what will come', async () => {
    await using server = await streamOf({ clip: () => media['long-gop-1080p'], startsMidway: () => true, describesNothing: () => true });
    const { stream } = await sampleStream(server.url('/live'), { credentials: undefined, seconds: 2, signal: AbortSignal.timeout(20_000) });
    expect(stream).toMatchObject({ codec: 'h264', width: 1920, height: 1080 });
  });

  test('is of the picture only where there are sound and analytics beside it', async () => {
    await using server = await streamOf({ clip: () => media['h265-1080p'], describesOtherTracks: () => true });
    const { stream } = await sampleStream(server.url('/live'), { credentials: undefined, seconds: 2, signal: AbortSignal.timeout(20_000) });
    expect(stream).toMatchObject({ codec: 'hevc', width: 1920, height: 1080 });
  });

  test('of which half a keyframe comes does not decode', async () => {
    const whole = media['h264-1080p'];
    const halved = (nals: Buffer[]) => nals.map((nal, index) => (index < nals.length - 1 ? nal : nal.subarray(0, nal.length / 2)));
    const accessUnits = whole.accessUnits.map((unit) => (unit.keyframe ? { ...unit, nals: halved(unit.nals) } : unit));
    const clip = { ...whole, accessUnits };
    await using server = await streamOf({ clip: () => clip });
    const look = sampleStream(server.url('/live'), { credentials: undefined, seconds: 2, signal: AbortSignal.timeout(20_000) });
    await expect(look).rejects.toThrow('does-not-decode');
  });

  test('has the size of the decoded picture, not the one the session description promises', async () => {
    let described = false;
    const clip = () => {
      if (described) return media['h264-720p'];
      described = true;
      return media['h264-1080p'];
    };
    await using server = await streamOf({ clip });
    const { stream, picture } = await sampleStream(server.url('/live'), {
      credentials: undefined,
      seconds: 2,
      signal: AbortSignal.timeout(20_000),
    });
    expect([stream, picture]).toMatchObject([
      { width: 1280, height: 720 },
      { width: 1280, height: 720 },
    ]);
  });

  test('of a covered lens is black', async () => {
    await raise('black');
    const { picture } = await lookAt(device(), options());
    expect(picture).toMatchObject({ ok: true, value: { blackPercent: 100 } });
  });

  test('is found by the older media service, and through wrong addresses', async () => {
    await raise('no-media2', 'wrong-xaddr', 'no-rate-control');
    expect((await lookAt(device(), options())).stream).toMatchObject({ ok: true, value: { via: 'media1', width: 1920 } });
  });

  test('is taken from the address the installer wrote down', async () => {
    const streamUri = camera.streamUrls[1] ?? '';
    expect((await lookAt(device({ streamUri }), options())).stream).toMatchObject({
      ok: true,
      value: { via: 'configured', width: 1280 },
    });
  });

  test.each([
    ['stalled', 'stalled'],
    ['no-stream', 'no-stream'],
    ['wrong-password', 'credentials-refused'],
    ['unplugged', 'refused'],
    ['busy', 'busy'],
  ] as const)('of a camera that is %s cannot be taken: %s', async (fault, code) => {
    await raise(fault);
    const { stream, picture } = await lookAt(device(), options());
    expect([stream, picture]).toMatchObject([
      { ok: false, fault: code },
      { ok: false, fault: code },
    ]);
    expect(JSON.stringify(stream)).not.toContain('iebel');
  });

  test.each([
    ['stalls-midway', 'stalled'],
    ['cut-midway', 'truncated'],
  ] as const)('of a camera that is %s is %s, though its first picture can be seen', async (fault, code) => {
    await raise(fault);
    const { stream, picture } = await lookAt(device(), options());
    expect([stream, picture]).toMatchObject([{ ok: false, fault: code }, { ok: true }]);
  });

  test('is stalled also where the codec lets ffmpeg end well without a packet', async () => {
    const modern = await createCamera({ media, password, clip: 'h265-1080p' });
    await modern.faults.set('stalled');
    const session = createOnvifSession({ address: modern.onvifUrl, credentials: { username: modern.username, password }, now: Date.now });
    const { stream, picture } = await lookAt({ id: 'cam-2', kind: 'camera', session }, options(40_000));
    await modern.close();
    expect([stream, picture]).toMatchObject([
      { ok: false, fault: 'stalled' },
      { ok: false, fault: 'stalled' },
    ]);
  });

  test('never shows the password in any process’s arguments or environment, and leaves no process and no file behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
    vi.stubEnv('TMPDIR', folder);
    const abort = new AbortController();
    const looking = probeStream(device(), { signal: abort.signal, now: Date.now, seconds: 30 });
    const running = await vi.waitFor(() => {
      const own = childrenRunning('ffmpeg', 'concat');
      expect(own).not.toHaveLength(0);
      return own;
    }, 15_000);
    for (const { commandLine, environment } of running) {
      expect(commandLine + environment).not.toContain('iebel');
      expect(commandLine).not.toContain(String(camera.rtspPort));
    }
    abort.abort();
    expect((await looking).stream.ok).toBe(false);
    await vi.waitFor(() => expect(childrenRunning('ffmpeg', 'concat')).toHaveLength(0), 5000);
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('of something that is no camera at all ends at the deadline', async () => {
    await using silent = await rawDevice(() => undefined);
    const look = sampleStream(`rtsp://127.0.0.1:${silent.port}/`, { credentials: undefined, seconds: 2, signal: AbortSignal.timeout(800) });
    await expect(look).rejects.toThrow('no-answer');
    await using chatty = await rawDevice((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n'));
    const other = sampleStream(`rtsp://127.0.0.1:${chatty.port}/`, {
      credentials: undefined,
      seconds: 2,
      signal: AbortSignal.timeout(10_000),
    });
    await expect(other).rejects.toThrow(/malformed|no-answer/);
  });
});

async function streamOf(source: RtspSource) {
  const server = await createRtspServer({ resolve: () => source });
  return { url: server.url, [Symbol.asyncDispose]: () => server.close() };
}

/** Children of this very process, so that a neighbour's ffmpeg is not mistaken for ours. */
function childrenRunning(...words: string[]): { commandLine: string; environment: string }[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const parent = /^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (parent !== String(process.pid) || !words.every((word) => commandLine.includes(word))) return [];
      return [{ commandLine, environment: readFileSync(`/proc/${pid}/environ`, 'utf8') }];
    } catch {
      // It ended while it was being read.
      return [];
    }
  });
}

describe('what ffmpeg says', () => {
  const sdp = '[rtsp @ 0x1] SDP:';
  test.each([
    [['method DESCRIBE failed: 401 Unauthorized'], {}, 'credentials-refused'],
    [['method DESCRIBE failed: 404 Not Found'], {}, 'no-stream'],
    [['method SETUP failed: 453 Not Enough Bandwidth'], {}, 'busy'],
    [['method SETUP failed: 461 Unsupported transport'], {}, 'not-supported'],
    [['method SETUP failed: 500 Internal Server Error'], {}, 'http-error'],
    [['Connection refused'], {}, 'refused'],
    [['No route to host'], {}, 'unreachable'],
    [[sdp, 'dimensions not set'], { silent: true }, 'stalled'],
    [[sdp], {}, 'stalled'],
    [[sdp], { aborted: true }, 'too-slow'],
    [[sdp, 'unspecified size'], { silent: true, patient: true }, 'too-slow'],
    [[sdp, 'Input #0, concat'], { aborted: true }, 'too-slow'],
    [[sdp, 'Input #0, concat'], {}, 'truncated'],
    [[sdp, 'Stream map 0:v:0 matches no streams.'], {}, 'no-stream'],
    [['Invalid data found when processing input'], { silent: true }, 'no-answer'],
    [['Invalid data found when processing input'], {}, 'malformed'],
  ] as const)('%j with %j is %s', (lines, about, fault) => {
    expect(captureFault(lines, { aborted: false, silent: false, patient: false, secrets: [], ...about }).fault).toBe(fault);
  });

  test('is told without the password, wherever it stands', () => {
    const line = "[concat] Impossible to open 'rtsp://ad%20min:p%40ss@10.0.0.5/live': failed, p@ss";
    const { detail } = captureFault([line], { aborted: false, silent: false, patient: false, secrets: ['p@ss', 'p%40ss'] });
    expect(detail).toContain('://•••@10.0.0.5/live');
    expect(detail).not.toMatch(/p@ss|p%40ss|ad%20min/);
  });
});

describe('packets', () => {
  const head = '#software: Lavf59.27.100\n#tb 0: 1/90000\n#media_type 0: video\n#codec_id 0: hevc\n#dimensions 0: 1920x1080\n';
  const line = (at: number, keyframe: boolean) => {
    const stamp = String(Math.round(at * 90_000)).padStart(11);
    return `0,${stamp},${stamp},     4500,     1000, 0x91082e7a${keyframe ? '' : ', F=0x0'}, S=1,       16\n`;
  };
  const lines = (count: number, everySeconds: number, keyframeEvery: number, from = 0) =>
    Array.from({ length: count }, (_, index) => line(from + index * everySeconds, index % keyframeEvery === 0)).join('');
  const packets = (count: number, everySeconds: number, keyframeEvery: number) => head + lines(count, everySeconds, keyframeEvery);
  const whole = { askedSeconds: 4, watchedSeconds: 4 };

  test('give the frame rate, the bit rate and the distance of keyframes', () => {
    expect(measurePackets(packets(101, 0.04, 50), whole)).toMatchObject({
      codec: 'hevc',
      framesPerSecond: 25,
      bitsPerSecond: 200_000,
      keyframeSeconds: 2,
      hasKeyframe: true,
    });
  });
  test('without a second keyframe leave its distance open', () => {
    expect(measurePackets(packets(100, 0.04, 200), whole)).not.toHaveProperty('keyframeSeconds');
  });
  test('without a time to be shown at count by the one to be decoded at', () => {
    const untimed = packets(101, 0.04, 50).replaceAll(/^(0, *\d+), *\d+/gm, '$1,     NOPTS');
    expect(untimed).toContain('NOPTS');
    expect(measurePackets(untimed, whole).framesPerSecond).toBe(25);
  });
  test('that do not come mean a stalled stream', () => {
    expect(() => measurePackets(head, whole)).toThrow('stalled');
  });
  test('of no known kind do not decode', () => {
    expect(() => measurePackets(packets(101, 0.04, 50).replace('hevc', 'none'), whole)).toThrow('does-not-decode');
  });
  test('that come all at once in the beginning do not raise the rate', () => {
    const stored = lines(50, 0.001, 50);
    const live = lines(101, 0.1, 50, 0.05);
    expect(measurePackets(head + stored + live, { askedSeconds: 10, watchedSeconds: 10 }).framesPerSecond).toBe(10);
  });
  test.each([
    ['stop coming', 5, 'stalled'],
    ['end with the stream', 2.2, 'truncated'],
  ])('that %s before the time is up are no whole sample', (_, watchedSeconds, fault) => {
    expect(() => measurePackets(packets(50, 0.04, 50), { askedSeconds: 4, watchedSeconds })).toThrow(fault);
  });
  test('of one picture a second are a whole sample', () => {
    expect(measurePackets(packets(4, 1, 1), whole).framesPerSecond).toBe(1);
  });
});

describe('slots', () => {
  test('let no more work run at once than there are, and give up a wait whose time is up', async () => {
    const slots = createSlots(1);
    const gate = Promise.withResolvers<string>();
    const order: string[] = [];
    const run = (name: string, signal: AbortSignal, work: () => Promise<string>) =>
      slots.use(signal, async () => {
        order.push(name);
        return work();
      });
    const first = run('first', new AbortController().signal, () => gate.promise);
    const abort = new AbortController();
    const second = run('second', abort.signal, async () => '2');
    const third = run('third', new AbortController().signal, async () => '3');
    abort.abort();
    await expect(second).rejects.toThrow('busy');
    expect(order).toEqual(['first']);
    gate.resolve('1');
    expect(await Promise.all([first, third])).toEqual(['1', '3']);
    expect(order).toEqual(['first', 'third']);
  });
});
