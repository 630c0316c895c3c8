// Setting down what a camera is to show, by the command an installer types.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPictureFiles } from '../../gateway/picture-files.ts';
import { noMemory } from '../../gateway/pictures/memory.ts';
import { runReference } from '../../gateway/reference.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';

const folder = mkdtempSync(join(tmpdir(), 'mingzao-reference-'));
const config = join(folder, 'gateway.yaml');
const files = createPictureFiles(join(folder, 'data/pictures'), 'kitchen-1');
const password = 'simulated';
let camera: SimulatedCamera;

beforeAll(async () => {
  camera = await createCamera({ media: await prepareMedia(), password });
  writeFileSync(join(folder, 'password'), password);
  writeFileSync(join(folder, 'key'), 'a key for this test');
  const settings = {
    canteen: 'c1',
    server: { url: 'mqtt://127.0.0.1:1', keyFile: 'key' },
    zones: [],
    cameras: [{ id: 'kitchen-1', name: '灶台', zones: [], address: camera.onvifUrl, username: camera.username, passwordFile: 'password' }],
  };
  writeFileSync(config, JSON.stringify(settings));
}, 120_000);
afterAll(async () => {
  await camera?.close();
  rmSync(folder, { recursive: true });
});

async function reference(...args: string[]) {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const io = { stdout: say, stderr: say, signal: AbortSignal.timeout(30_000), now: () => Date.parse('2026-11-23T04:00:00Z') };
  return { code: await runReference(['--config', config, ...args], io), said: said.join('\n') };
}

test('a reference is set with a name to it, and replaced only where that is asked for', { timeout: 90_000 }, async () => {
  expect(await reference('--camera', 'kitchen-1', '--by', '王工')).toMatchObject({
    code: 0,
    said: expect.stringContaining('reference (day) set by 王工'),
  });
  expect(files.signature('day')).toMatchObject({ by: '王工', setAt: '2026-11-23T04:00:00.000Z' });
  expect(files.references().day?.outline).toHaveLength(320 * 180);
  expect(readFileSync(join(folder, 'data/pictures/kitchen-1.day.jpg')).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));

  expect(await reference('--camera', 'kitchen-1', '--by', '李工')).toMatchObject({
    code: 2,
    said: expect.stringContaining('王工 set one (day)'),
  });
  expect(files.signature('day')?.by).toBe('王工');
  expect(await reference('--camera', 'kitchen-1', '--by', '李工', '--renew')).toMatchObject({
    code: 0,
    said: expect.stringContaining('王工'),
  });
  expect(files.signature('day')?.by).toBe('李工');
});

test('a covered lens, a camera that is not there, or no name is no reference', { timeout: 60_000 }, async () => {
  await camera.faults.set('covered');
  expect(await reference('--camera', 'kitchen-1', '--by', '李工', '--renew')).toMatchObject({
    code: 2,
    said: expect.stringContaining('too dark or too empty'),
  });
  await camera.faults.clear('covered');
  expect((await reference('--camera', 'kitchen-2', '--by', '李工')).said).toContain('the settings know: kitchen-1');
  expect((await reference('--camera', 'kitchen-1')).said).toContain('usage: reference');
  expect((await reference('--camera', 'kitchen-1', '--by', ' ')).said).toContain('a name of 1 to 80 characters');
});

test('what is remembered of a picture outlives the gateway, and what cannot be read is forgotten', () => {
  const memory = { ...noMemory(), edgePixels: [2.5], clock: { pairs: 7, changes: { 41: 7 } } };
  files.remember(memory);
  expect(files.memory()).toMatchObject({ edgePixels: [2.5], clock: { pairs: 7, changes: { 41: 7 } } });
  writeFileSync(join(folder, 'data/pictures/kitchen-1.json'), '{');
  expect(files.memory()).toBeUndefined();
});

test('what is remembered of one camera leaves the reference of another alone, whatever their ids', () => {
  const [kitchen, kitchenDay] = [createPictureFiles(folder, 'kitchen'), createPictureFiles(folder, 'kitchen-day')];
  const reference = { setAt: '2026-11-23T04:00:00.000Z', outline: new Uint8Array(320 * 180), blue: 128, red: 128 };
  kitchen.setReference('day', reference, { by: '王工', jpeg: Buffer.of() });
  kitchenDay.remember(noMemory());
  expect(kitchen.signature('day')?.by).toBe('王工');
  expect(kitchenDay.memory()).toBeDefined();
});
