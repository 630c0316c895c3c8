import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../gateway/inspect/inspection.ts';
import { runInspect } from '../../gateway/inspect.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { probeFootage } from '../../gateway/probes/footage.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';
import { createRecorder, type SimulatedRecorder } from '../simulators/recorder.ts';
import { rawDevice } from './onvif-raw-device.ts';

const now = () => Date.UTC(2026, 10, 23, 4, 0, 0);
const folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
const passwordFile = join(folder, 'password');
const account = ['--user', 'admin', '--password-file', passwordFile];
let camera: SimulatedCamera;
let recorder: SimulatedRecorder;

beforeAll(async () => {
  const media = await prepareMedia();
  writeFileSync(passwordFile, 'küche & co\n');
  camera = await createCamera({ media, password: 'küche & co', now });
  recorder = await createRecorder({
    media,
    password: 'küche & co',
    now,
    channels: [{ name: 'good' }, { name: 'bad', days: 30, gaps: [{ daysAgo: 2 }] }],
  });
});
afterAll(async () => {
  await camera.close();
  await recorder.close();
  rmSync(folder, { recursive: true });
});

async function inspect(...args: string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const code = await runInspect(args, {
    stdout: (line) => said.out.push(line),
    stderr: (line) => said.err.push(line),
    signal: AbortSignal.timeout(60_000),
    now,
  });
  return { code, out: said.out.join('\n'), err: said.err.join('\n') };
}

async function report(...args: string[]): Promise<Inspection> {
  return JSON.parse((await inspect(...args, '--json')).out);
}

describe('an inspection', () => {
  test('of a camera shows all it has, and no recording', async () => {
    expect(await report(camera.onvifUrl, ...account)).toMatchObject({
      answered: true,
      device: { serial: 'SIMCAM0001' },
      services: { media2: expect.stringContaining(`:${camera.port}/`) },
      clock: { utcOffsetMinutes: 480 },
      profiles: [{ token: 'Profile_1', via: 'media2' }, { token: 'Profile_2' }],
      stream: { codec: 'h264', width: 1920, picture: { blackPercent: 0 } },
      snapshot: { bytes: expect.any(Number) },
      recording: null,
      faults: [],
    });
  });

  test('of a recorder puts the recording that holds least on top', async () => {
    const { recording, recordings, faults } = await report(recorder.onvifUrl, ...account);
    expect(recordings).toHaveLength(2);
    expect(recording).toMatchObject({
      method: 'profile-g-events',
      complete: true,
      recording: recorder.recordings[1],
      oldest: '2026-10-23T16:00:00.000Z',
      gapCount: 1,
    });
    expect(faults).toEqual([]);
  });

  test('of a recorder lists every hole and says of every day how it stands, where a fact holds the longest two hundred', async () => {
    // A minute every second minute.
    const two = (number: number) => String(number).padStart(2, '0');
    const gaps = Array.from({ length: 240 }, (_, index) => {
      const [hour, minute] = [1 + Math.floor((index % 120) / 24), (index % 24) * 2];
      return { daysAgo: index < 120 ? 1 : 2, from: `${two(hour)}:${two(minute)}`, to: `${two(hour)}:${two(minute + 1)}` };
    });
    const media = await prepareMedia();
    const holed = await createRecorder({
      media,
      password: 'küche & co',
      now,
      channels: [{ name: 'holed', days: 95, gaps: [...gaps, { daysAgo: 3 }] }],
    });
    try {
      const { recording } = await report(holed.onvifUrl, ...account);
      expect(recording?.gaps).toHaveLength(recording?.gapCount ?? 0);
      expect(recording?.gapCount).toBeGreaterThan(200);
      expect(recording?.days.slice(-4).map(({ state }) => state)).toEqual(['missing', 'partly', 'partly', 'kept']);
      const session = createOnvifSession({ address: holed.onvifUrl, credentials: { username: 'admin', password: 'küche & co' }, now });
      const { footage } = await probeFootage({ id: 'nvr', kind: 'recorder', session }, { signal: AbortSignal.timeout(20_000), now });
      const [told] = footage.ok ? footage.value.recordings : [];
      expect([told?.gaps.length, told?.gapCount]).toEqual([200, recording?.gapCount]);
      expect(told?.gaps).toContainEqual(recording?.gaps[0]); // the day that is missing
    } finally {
      await holed.close();
    }
  });

  test('can be read by a person', async () => {
    const { code, out } = await inspect(recorder.onvifUrl, ...account, '--days', '5');
    expect(code).toBe(0);
    expect(out).toContain('serial SIMNVR0001');
    expect(out).toMatch(/recording Recording_2 .* 1 gap/);
  });

  test('without the password tells what everyone may know, and what was refused', async () => {
    const { answered, clock, device, faults } = await report(camera.onvifUrl);
    expect({ answered, clock: clock !== null, device }).toEqual({ answered: true, clock: true, device: null });
    expect(faults[0]).toMatchObject({ part: 'device', fault: 'credentials-refused' });
  });

  test('of an address without a device could not look', async () => {
    await using junk = await rawDevice((socket) => socket.end('hello\r\n\r\n'));
    const { code, out } = await inspect(`127.0.0.1:${junk.port}`);
    expect(code).toBe(2);
    expect(out).toContain('clock: malformed');
  });
});

test.each([
  [[], 'exactly one address'],
  [['a', 'b'], 'exactly one address'],
  [['http://admin:secret@10.0.0.1'], 'without user name'],
  [['10.0.0.1', '--days', 'many'], 'allowed: a whole number'],
  [['10.0.0.1', '--user', 'admin'], 'go together'],
  [['10.0.0.1', '--user', 'admin', '--password-file', '/nowhere'], 'there is no such file'],
  [['10.0.0.1', '--password', 'x'], 'Unknown option'],
])('%j is refused in a sentence', async (args, sentence) => {
  const { code, out, err } = await inspect(...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(sentence);
  expect(err).not.toContain('secret');
});
