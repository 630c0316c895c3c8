// Short looped clips that simulated cameras and recorders play: made once by ffmpeg, then kept in `.cache/media`.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type ClipName =
  | 'h264-1080p'
  | 'h265-1080p'
  | 'h264-720p'
  | 'long-gop-1080p'
  | 'black-1080p'
  | 'frozen-1080p'
  | 'covered-1080p'
  | 'moved-1080p'
  | 'blurred-1080p'
  | 'colour-cast-1080p'
  | 'overlay-clock-1080p';

/** What one picture of the video was coded into, without start codes. */
export interface AccessUnit {
  nals: Buffer[];
  keyframe: boolean;
}

/** A few seconds of video that loop without a seam: the first access unit is a keyframe, and no picture refers to a later one. */
export interface Clip {
  codec: 'h264' | 'h265';
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  framesPerSecond: number;
  accessUnits: AccessUnit[];
  /** SPS and PPS; for H.265 the VPS comes first. */
  parameterSets: Buffer[];
  /** One picture of it as JPEG. */
  snapshot: Buffer;
}

export type Media = Record<ClipName, Clip>;

export interface Recipe {
  codec: Clip['codec'];
  width: number;
  height: number;
  framesPerSecond: number;
  /** Access units from one keyframe to the next. */
  keyframeEvery: number;
  /** A lavfi graph; it is told size and rate by the recipe. */
  scene: string;
}

const clipSeconds = 4;
const fullHd = { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 20, keyframeEvery: 20 } as const;

const recipes: Record<ClipName, Recipe> = {
  'h264-1080p': { ...fullHd, scene: 'testsrc2=s=1920x1080:r=20' },
  'h265-1080p': { ...fullHd, codec: 'h265', scene: 'testsrc2=s=1920x1080:r=20' },
  'h264-720p': { codec: 'h264', width: 1280, height: 720, framesPerSecond: 10, keyframeEvery: 20, scene: 'testsrc2=s=1280x720:r=10' },
  'long-gop-1080p': { ...fullHd, keyframeEvery: 80, scene: 'testsrc2=s=1920x1080:r=20' },
  'black-1080p': { ...fullHd, scene: 'color=c=0x080808:s=1920x1080:r=20' },
  // A single keyframe, so that the camera sends the same one for ever.
  'frozen-1080p': { ...fullHd, keyframeEvery: 80, scene: 'testsrc2=s=1920x1080:r=20,trim=end_frame=1,loop=loop=-1:size=1' },
  'covered-1080p': { ...fullHd, scene: 'color=c=0x4a4038:s=1920x1080:r=20,noise=alls=6:allf=t' },
  'moved-1080p': { ...fullHd, scene: 'testsrc2=s=2560x1440:r=20,crop=1920:1080:500:250' },
  'blurred-1080p': { ...fullHd, scene: 'testsrc2=s=1920x1080:r=20,gblur=sigma=14' },
  // From noon on, for as long as the clip is.
  'overlay-clock-1080p': {
    ...fullHd,
    scene: `testsrc2=s=1920x1080:r=20,drawtext=text='2026-11-25 %{pts\\:hms\\:43200}':x=1300:y=24:fontsize=40:fontcolor=white:bordercolor=black:borderw=2`,
  },
  'colour-cast-1080p': { ...fullHd, scene: "testsrc2=s=1920x1080:r=20,lutyuv=u='val+30':v='val+60'" },
};

/**
 * Loads the clips, after making those this machine does not have yet (a few seconds, once).
 * Safe when several processes do it at the same time. Throws where ffmpeg is missing or fails.
 */
export async function prepareMedia(): Promise<Media> {
  const folder = join(import.meta.dirname, '../../.cache/media', version());
  await makeFolder(folder, encodeAll);
  const load = (name: ClipName) => loadClip(folder, name, recipes[name]);
  return {
    'h264-1080p': await load('h264-1080p'),
    'h265-1080p': await load('h265-1080p'),
    'h264-720p': await load('h264-720p'),
    'long-gop-1080p': await load('long-gop-1080p'),
    'black-1080p': await load('black-1080p'),
    'frozen-1080p': await load('frozen-1080p'),
    'covered-1080p': await load('covered-1080p'),
    'moved-1080p': await load('moved-1080p'),
    'blurred-1080p': await load('blurred-1080p'),
    'colour-cast-1080p': await load('colour-cast-1080p'),
    'overlay-clock-1080p': await load('overlay-clock-1080p'),
  };
}

/** Has a folder filled unless it is there. It is filled under another name and renamed last: whoever finds it, finds it complete. */
export async function makeFolder(folder: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return;
  const unfinished = `${folder}.${randomUUID()}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have been faster; then its folder is as good as ours.
    if (!(await exists(folder))) throw new Error(`The folder ${folder} could not be made.`, { cause });
  }
}

/** Changes with anything that would change a file, so that an older cache is never taken for this one. */
function version(): string {
  const commands = Object.values(recipes).map((recipe) => encodingArguments(recipe, 'clip', 'snapshot'));
  return createHash('sha256').update(JSON.stringify(commands)).digest('hex').slice(0, 12);
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}

async function encodeAll(folder: string): Promise<void> {
  for (const [name, recipe] of Object.entries(recipes)) await encodeClip(folder, name, recipe);
}

/** Makes two files in `folder`, which `loadClip` reads. Throws where ffmpeg is missing or fails. */
export async function encodeClip(folder: string, name: string, recipe: Recipe): Promise<void> {
  const args = encodingArguments(recipe, join(folder, name), join(folder, `${name}.jpg`));
  await promisify(execFile)('ffmpeg', args, { timeout: 60_000 });
}

function encodingArguments(recipe: Recipe, clipPath: string, snapshotPath: string): string[] {
  const source = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-t', String(clipSeconds), '-i', recipe.scene];
  const clip = ['-pix_fmt', 'yuv420p', ...encoderArguments(recipe), clipPath];
  const snapshot = ['-frames:v', '1', '-q:v', '5', '-f', 'image2', '-update', '1', snapshotPath];
  return [...source, ...clip, ...snapshot];
}

/** Some 800 kbit/s, no B-frames, and a delimiter before each access unit so that the file can be cut at them. */
function encoderArguments({ codec, keyframeEvery }: Recipe): string[] {
  const gop = `keyint=${keyframeEvery}:min-keyint=${keyframeEvery}:scenecut=0:bframes=0`;
  const rate = 'bitrate=800:vbv-maxrate=800:vbv-bufsize=800';
  switch (codec) {
    case 'h264':
      return ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-x264-params', `${gop}:${rate}:aud=1`, '-f', 'h264'];
    case 'h265':
      return [
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-x265-params',
        `${gop}:${rate}:aud=1:repeat-headers=1:log-level=error`,
        '-f',
        'hevc',
      ];
  }
}

export async function loadClip(folder: string, name: string, { codec, width, height, framesPerSecond }: Recipe): Promise<Clip> {
  const accessUnits = cutAtDelimiters(codec, nalUnits(await readFile(join(folder, name))));
  const parameterSets = (accessUnits[0]?.nals ?? []).filter((nal) => nalRole(codec, nal) === 'parameters');
  return { codec, width, height, framesPerSecond, accessUnits, parameterSets, snapshot: await readFile(join(folder, `${name}.jpg`)) };
}

/** Cuts an Annex B byte stream at its start codes, which are left out. */
function nalUnits(stream: Buffer): Buffer[] {
  const startCode = Buffer.from([0, 0, 1]);
  const starts: number[] = [];
  for (let at = stream.indexOf(startCode); at !== -1; at = stream.indexOf(startCode, at + 3)) starts.push(at + 3);
  return starts.map((start, index) => {
    const next = starts[index + 1];
    let end = next === undefined ? stream.length : next - startCode.length;
    // A start code may have a fourth zero, and a NAL unit never ends in one (H.264 7.4.1).
    while (stream[end - 1] === 0) end -= 1;
    return stream.subarray(start, end);
  });
}

function cutAtDelimiters(codec: Clip['codec'], nals: Buffer[]): AccessUnit[] {
  const units: AccessUnit[] = [];
  for (const nal of nals) {
    const role = nalRole(codec, nal);
    if (role === 'delimiter') units.push({ nals: [], keyframe: false });
    const unit = units.at(-1);
    if (unit === undefined || role === 'delimiter') continue;
    unit.nals.push(nal);
    if (role === 'keyframe') unit.keyframe = true;
  }
  return units;
}

function nalRole(codec: Clip['codec'], nal: Buffer): 'delimiter' | 'parameters' | 'keyframe' | 'other' {
  const first = nal[0] ?? 0;
  const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
  // H.264 table 7-1; H.265 table 7-1, where 16 to 21 are the pictures one may start from.
  const [delimiter, parameters, keyframes] = codec === 'h264' ? [9, [7, 8], [5]] : [35, [32, 33, 34], [16, 17, 18, 19, 20, 21]];
  if (type === delimiter) return 'delimiter';
  if (parameters.includes(type)) return 'parameters';
  return keyframes.includes(type) ? 'keyframe' : 'other';
}
