// A clip with a clock written into it that shows the time it is asked for: what a recorder plays of any moment.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clip, encodeClip, loadClip, type Recipe } from './media.ts';

const size = { width: 1920, height: 1080 };
const framesPerSecond = 5;

/** Made anew each time. `shows`: the wall-clock time of the first picture, as milliseconds since 1970 if it were UTC. Throws as ffmpeg does. */
export async function makeClockClip(shows: number): Promise<Clip> {
  const text = `%{pts\\:gmtime\\:${Math.floor(shows / 1000)}\\:%Y-%m-%d %T}`;
  const clock = `drawtext=text='${text}':x=1300:y=24:fontsize=40:fontcolor=white:bordercolor=black:borderw=2`;
  const scene = `color=c=0x5c6258:s=${size.width}x${size.height}:r=${framesPerSecond},${clock}`;
  const recipe: Recipe = { codec: 'h264', ...size, framesPerSecond, keyframeEvery: framesPerSecond, scene };
  const folder = await mkdtemp(join(tmpdir(), 'clock-clip-'));
  try {
    await encodeClip(folder, 'clip', recipe);
    return await loadClip(folder, 'clip', recipe);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
