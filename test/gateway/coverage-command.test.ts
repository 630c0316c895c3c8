import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCoverage } from '../../gateway/coverage.ts';
import { readPlan } from '../../gateway/plan-file.ts';

const main = join(import.meta.dirname, '../../gateway/main.ts');
const example = join(import.meta.dirname, '../../config/plan.example.json');
const folder = mkdtempSync(join(tmpdir(), 'mingzao-coverage-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hood = { id: 'hood', polygon: [[2, -1], [3, -1], [3, 1], [2, 1]], bottom: 1.8, top: 2.4 }; // biome-ignore format: as a plan is written
const lens = { id: 'c1', position: [0, 0, 2.7], pan: 45, tilt: 0, horizontalFov: 90, resolution: [1920, 1080], projection: 'rectilinear' };
const room = { id: 'a', kind: 'cooking', polygon: [[0, 0], [8, 0], [8, 6], [0, 6]], planes: [0, 0.9] }; // biome-ignore format: as a plan is written
const sound = { pixelsPerMetre: 125, sliver: 0.2, zones: [room], obstacles: [hood], cameras: [lens] };

function written(plan: unknown, name = 'plan.json'): string {
  const file = join(folder, name);
  writeFileSync(file, typeof plan === 'string' ? plan : JSON.stringify(plan));
  return file;
}

async function said(...args: string[]): Promise<unknown> {
  const lines: string[] = [];
  const fail = (line: string) => {
    throw new Error(line);
  };
  expect(
    await runCoverage(args, { stdout: (line) => lines.push(line), stderr: fail, signal: AbortSignal.timeout(9000), now: Date.now }),
  ).toBe(0);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

describe('the coverage command', () => {
  it('prints each zone with what is blind in it, and why', async () => {
    const wall = { id: 'wall', polygon: [[6, 4], [6.2, 4], [6.2, 5], [6, 5]] }; // biome-ignore format: as a plan is written
    const plan = { zones: [{ ...room, planes: [0.9] }], obstacles: [wall], cameras: [lens] };
    expect(await said(written(plan))).toMatchObject({
      zones: [
        {
          id: 'a',
          area: 48,
          free: 47.8,
          overlap: 0,
          blind: [
            { area: expect.closeTo(10.24, 3), cause: 'out of view', polygon: expect.arrayContaining([[0, 0]]), holes: [] },
            { cause: 'behind wall' },
          ],
          cameras: [{ id: 'c1' }],
        },
      ],
    });
    const poor = { ...plan, pixelsPerMetre: 500, obstacles: [] };
    expect(await said(written(poor))).toMatchObject({ zones: [{ covered: 0, ratio: 0, blind: [{ area: 48, cause: 'too few pixels' }] }] });
  });

  it('reads the example, and finds something to say of each of its zones', async () => {
    expect(readPlan(example).cameras).toHaveLength(3);
    expect(await said(example)).toMatchObject({
      zones: [{ id: 'cooking', free: 22 }, { id: 'dining', ratio: 1, blind: [] }, { id: 'cleaning' }],
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['crosses itself', { ...sound, zones: [{ ...room, polygon: [[0, 0], [8, 6], [8, 0], [0, 6]] }] }, /zones\.0 "a": its polygon crosses itself at \[4, 3\]/], // biome-ignore format: one line a fault
    ['winds twice', { ...sound, zones: [{ ...room, polygon: [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0], [4, 0], [4, 4], [0, 4]] }] }, /zones\.0 "a": its polygon crosses itself/], // biome-ignore format: one line a fault
    ['has no area', { ...sound, zones: [{ ...room, polygon: [[0, 0], [4, 0], [8, 0]] }] }, /zones\.0 "a": its polygon has no area/], // biome-ignore format: one line a fault
    ['is a line', { ...sound, zones: [{ ...room, polygon: [[0, 0], [4, 0]] }] }, /zones\.0\.polygon: found .* must NOT have fewer than 3 items/], // biome-ignore format: one line a fault
    ['has a camera in a wall', { ...sound, obstacles: [{ id: 'wall', polygon: [[-1, -1], [1, -1], [1, 1], [-1, 1]], bottom: 0 }] }, /cameras\.0 "c1": it is inside the obstacle "wall" at its height of 2.7 m/], // biome-ignore format: one line a fault
    ['has a camera that looks at a hood', { ...sound, obstacles: [{ id: 'wall', polygon: [[-1, -1], [0, -1], [0, 1], [-1, 1]], bottom: 0 }, { id: 'hood', polygon: [[0.03, -1], [1, -1], [1, 1], [0.03, 1]], bottom: 2 }] }, /cameras\.0 "c1": it hangs on one obstacle and right before another at its height of 2.7 m, and sees nothing/], // biome-ignore format: one line a fault
    ['has no lens', { ...sound, cameras: [{ ...lens, horizontalFov: 0 }] }, /cameras\.0\.horizontalFov: found 0, it must be > 0/],
    ['needs a lens', { ...sound, cameras: [{ ...lens, horizontalFov: undefined }] }, /cameras\.0 "c1": the key "horizontalFov" is missing; the projection rectilinear needs it/], // biome-ignore format: one line a fault
    ['has too wide a lens', { ...sound, cameras: [{ ...lens, horizontalFov: 180 }] }, /cameras\.0 "c1": horizontalFov: found 180, allowed: less than 180/], // biome-ignore format: one line a fault
    ['has no size', { ...sound, cameras: [{ ...lens, resolution: [1920, 0] }] }, /cameras\.0\.resolution\.1: found 0/],
    ['lacks its points', { ...sound, cameras: [{ ...lens, projection: 'measured' }] }, /cameras\.0 "c1": the key "floorPoints" is missing/], // biome-ignore format: one line a fault
    ['has points on a line', { ...sound, cameras: [{ ...lens, projection: 'measured', floorPoints: [0, 1, 2, 3].map((x) => ({ floor: [x, 0], picture: [x * 100, 50] })) }] }, /cameras\.0 "c1": its floorPoints do not fix a view/], // biome-ignore format: one line a fault
    ['draws in no known way', { ...sound, cameras: [{ ...lens, projection: 'fisheye' }] }, /cameras\.0\.projection: found "fisheye", allowed: rectilinear, equidistant/], // biome-ignore format: one line a fault
    ['has a word too many', { ...sound, pixels: 3 }, /\(top level\): unknown key "pixels"; allowed: pixelsPerMetre, sliver/],
    ['has a camera with a word too many', { ...sound, cameras: [{ ...lens, fov: 3 }] }, /cameras\.0: unknown key "fov"; allowed: id, position/], // biome-ignore format: one line a fault
    ['hangs upside down', { ...sound, obstacles: [{ ...hood, bottom: 2.5 }] }, /obstacles\.0 "hood": its bottom \(2.5 m\) must lie below its top \(2.4 m\)/], // biome-ignore format: one line a fault
    ['names two alike', { ...sound, cameras: [lens, lens] }, /cameras\.1 "c1": the id stands there twice/],
    ['has no zones', { cameras: [lens] }, /\(top level\): the key "zones" is missing/],
    ['is no plan', [], /\(top level\): found \[\]/],
    ['is no JSON', '{"zones": [', /plan\.json: not valid JSON/],
    ['is empty', '', /plan\.json: the file is empty/],
  ])('refuses a plan that %s, and says where', async (_, plan, sentence) => {
    await expect(said(written(plan))).rejects.toThrow(sentence);
  });

  it.each<[string[], RegExp]>([
    [[], /^coverage: exactly one plan is needed\nusage: coverage PLAN\.json$/],
    [['one.json', 'two.json'], /exactly one plan is needed/],
    [['--level', '3'], /Unknown option '--level'/],
    [['/nowhere/plan.json'], /^\/nowhere\/plan\.json: there is no such file$/],
    [[written({ ...sound, zones: [{ ...room, polygon: [[0, 0], [8, 6], [8, 0], [0, 6]] }] }, 'bow.json')], /bow\.json: zones\.0 "a": its polygon crosses itself/], // biome-ignore format: one line a fault
  ])('(%j) ends with 2, one sentence and nothing printed', (args, sentence) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'coverage', ...args], { encoding: 'utf8' });
    expect(stderr.trim()).toMatch(sentence);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });
});
