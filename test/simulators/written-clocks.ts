// Pictures with a clock written into them as cameras do, in several fonts, sizes and colours over several backgrounds: drawn and coded by ffmpeg.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Grey } from '../../gateway/overlay-clock/blobs.ts';

export interface WrittenClock {
  /** As fontconfig knows it. */
  font: (typeof fonts)[number];
  /** Pixels. */
  size: number;
  style: keyof typeof styles;
  background: keyof typeof backgrounds;
  /** What stands before the time. */
  date: '' | '2026-11-25  ' | '11月25日 星期三 ';
}

export const fonts = ['DejaVu Sans', 'DejaVu Sans Mono', 'Noto Sans CJK SC', 'DejaVu Serif'] as const;
export const styles = {
  outlined: 'fontcolor=white:bordercolor=black:borderw=2',
  white: 'fontcolor=white',
  black: 'fontcolor=black',
} as const;
export const backgrounds = {
  dark: 'color=c=0x202428:',
  grey: 'color=c=0x8c8a84:',
  bright: 'color=c=0xe0e0da:',
  busy: 'testsrc2=',
  noisy: 'color=c=0x8c8a84:',
} as const;

const strip = { width: 1920, height: 135 };
/** All ten digits come by. */
const secondsApart = 3911;
const picturesOfEach = 5;

/** The upper margins of some pictures, and the time that each shows. Throws where ffmpeg is missing or fails. */
export async function writeClock({ font, size, style, background, date }: WrittenClock): Promise<{ margin: Grey; shows: string }[]> {
  const time = `%{pts\\:hms\\:3600}`;
  const source = `${backgrounds[background]}s=${strip.width}x${2 * strip.height}:r=1/${secondsApart}`;
  const text = `drawtext=font=${font}:text='${date}${time}':x=33:y=25:fontsize=${size}:${styles[style]}`;
  const graph = `${source}${background === 'noisy' ? ',noise=alls=20:allf=t' : ''},${text},format=yuv420p`;
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '27', '-g', '1', '-f', 'h264', '-'];
  const coded = await ffmpeg(['-f', 'lavfi', '-i', graph, '-frames:v', String(picturesOfEach), '-fps_mode', 'passthrough', ...coding]);
  const cropped = ['-vf', `format=gray,crop=iw:${strip.height}:0:0`, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'];
  const luma = await ffmpeg(['-f', 'h264', '-i', '-', ...cropped], coded);
  const bytes = strip.width * strip.height;
  return Array.from({ length: picturesOfEach }, (_, index) => ({
    margin: { luma: luma.subarray(index * bytes, (index + 1) * bytes), ...strip },
    shows: new Date((3600 + index * secondsApart) * 1000).toISOString().slice(11, 19),
  }));
}

async function ffmpeg(args: string[], input?: Buffer): Promise<Buffer> {
  const run = promisify(execFile)('ffmpeg', ['-v', 'error', ...args], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 60_000 });
  run.child.stdin?.end(input);
  return (await run).stdout;
}
