import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ClipName, type Media, makeFolder, prepareMedia } from './media.ts';

let media: Media;
beforeAll(async () => {
  media = await prepareMedia();
});

describe('the clips', () => {
  const shapes: [ClipName, { codec: string; width: number; height: number; framesPerSecond: number; parameterSets: number }][] = [
    ['h264-1080p', { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 20, parameterSets: 2 }],
    ['h265-1080p', { codec: 'h265', width: 1920, height: 1080, framesPerSecond: 20, parameterSets: 3 }],
    ['h264-720p', { codec: 'h264', width: 1280, height: 720, framesPerSecond: 10, parameterSets: 2 }],
    ['black-1080p', { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 20, parameterSets: 2 }],
    ['frozen-1080p', { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 20, parameterSets: 2 }],
  ];
  test.each(shapes)('%s is four seconds of its size and codec', (name, { parameterSets, ...shape }) => {
    const clip = media[name];
    expect(clip).toMatchObject(shape);
    expect(clip.parameterSets).toHaveLength(parameterSets);
    expect(clip.accessUnits).toHaveLength(4 * shape.framesPerSecond);
  });

  test.each(shapes)('%s begins with a keyframe that brings its parameter sets, and has another', (name) => {
    const { accessUnits, parameterSets } = media[name];
    expect(accessUnits[0]?.keyframe).toBe(true);
    expect(accessUnits[0]?.nals.slice(0, parameterSets.length)).toEqual(parameterSets);
    // The frozen one sends its only keyframe again and again.
    expect(accessUnits.filter((unit) => unit.keyframe).length).toBeGreaterThan(name === 'frozen-1080p' ? 0 : 1);
  });

  test.each(shapes)('%s has a JPEG snapshot', (name) => {
    const { snapshot } = media[name];
    expect([snapshot.toString('hex', 0, 2), snapshot.toString('hex', snapshot.length - 2)]).toEqual(['ffd8', 'ffd9']);
  });
});

describe('a folder that is made once', () => {
  async function place(): Promise<string> {
    const parent = await mkdtemp(join(tmpdir(), 'mingzao-media-'));
    onTestFinished(() => rm(parent, { recursive: true }));
    return join(parent, 'made');
  }
  const fill = (unfinished: string) => writeFile(join(unfinished, 'clip'), 'whole');

  test('is there for both who make it at the same time, and leaves nothing else behind', async () => {
    const folder = await place();
    await Promise.all([makeFolder(folder, fill), makeFolder(folder, fill)]);
    expect(await readdir(dirname(folder))).toEqual(['made']);
    expect(await readFile(join(folder, 'clip'), 'utf8')).toBe('whole');
  });

  test('is not there after a failure, and neither is what was begun', async () => {
    const folder = await place();
    const failing = async (unfinished: string) => {
      await fill(unfinished);
      throw new Error('no ffmpeg');
    };
    await expect(makeFolder(folder, failing)).rejects.toThrow(folder);
    expect(await readdir(dirname(folder))).toEqual([]);
  });
});
