// A labelled set of kitchens as a camera would show them, one picture a minute: drawn and coded by ffmpeg once, then kept in `.cache/scenes`.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PictureAspect } from '#contract/picture.ts';
import { codedHashes } from '../../gateway/probes/coded-hashes.ts';
import { makeFolder } from './media.ts';

export interface Scene {
  /** What is wrong with the picture; nothing where it is benign. */
  fault?: PictureAspect;
  /** What stands between the kitchen and the picture, as ffmpeg filters. */
  view: string;
  /** What is in the kitchen beside its furniture. */
  moving?: 'people' | 'crowd' | 'steam';
  /** What the camera writes into its picture; a running clock unless told otherwise. */
  overlay?: 'none' | 'standing';
  /** The canteen is closed. */
  closed?: true;
  /** The camera sends the first coded picture again and again. */
  repeats?: true;
}

/** The kitchen is drawn wider than the camera sees it, so that the camera can be turned. This is how it was left by the installer. */
const aimed = 'crop=1280:720:160:90';
const noise = (strength: number) => `noise=alls=${strength}:allf=t`;
const infrared = `hue=s=0,eq=contrast=1.25:brightness=-0.12,vignette=PI/4,${noise(14)}`;
const colourless = `u='128+(val-128)*0.1':v='128+(val-128)*0.1'`;

export const scenes = {
  normal: { view: `${aimed},${noise(6)}` },
  people: { view: `${aimed},${noise(6)}`, moving: 'people' },
  crowd: { view: `${aimed},${noise(6)}`, moving: 'crowd' },
  steam: { view: `${aimed},${noise(6)}`, moving: 'steam' },
  'night-infrared': { view: `${aimed},${infrared}` },
  'static-with-clock': { view: aimed },
  'static-without-clock': { view: aimed, overlay: 'none' },
  'noise-without-clock': { view: `${aimed},${noise(6)}`, overlay: 'none' },
  dimmed: { view: `${aimed},lutyuv=y='16+(val-16)*0.55',${noise(8)}` },
  'strong-noise': { view: `${aimed},${noise(30)}` },
  sunshine: { view: `${aimed},lutyuv=y='min(235,16+(val-16)*1.35)',${noise(6)}` },
  'warm-light': { view: `${aimed},lutyuv=u='val-8':v='val+8',${noise(6)}`, moving: 'people' },
  'dim-while-closed': { view: `${aimed},lutyuv=y='16+(val-16)*0.15',${noise(3)}`, closed: true },
  'nudged-1-percent': { view: `crop=1280:720:166:90,${noise(6)}` },
  'lights-out': { fault: 'black', view: `${aimed},lutyuv=y='16+(val-16)*0.05':${colourless},${noise(3)}` },
  'covered-dark': { fault: 'covered', view: `${aimed},gblur=sigma=80:steps=3,lutyuv=y='58+(val-120)*0.06':${colourless},${noise(4)}` },
  'covered-bright': { fault: 'covered', view: `${aimed},gblur=sigma=80:steps=3,lutyuv=y='190+(val-120)*0.05',${noise(4)}` },
  'half-covered': { fault: 'covered', view: `${aimed},drawbox=x=0:y=0:w=720:h=720:c=0x504840:t=fill,${noise(6)}`, moving: 'people' },
  frozen: { fault: 'frozen', view: `${aimed},${noise(6)}`, moving: 'people', overlay: 'standing' },
  'frozen-without-clock': { fault: 'frozen', view: `${aimed},${noise(6)}`, overlay: 'none', repeats: true },
  'panned-5-percent': { fault: 'moved', view: `crop=1280:720:224:90,${noise(6)}` },
  'panned-10-percent': { fault: 'moved', view: `crop=1280:720:288:90,${noise(6)}`, moving: 'people' },
  tilted: { fault: 'moved', view: `crop=1280:720:160:30,${noise(6)}` },
  'turned-to-a-wall': { fault: 'moved', view: `${aimed},drawbox=c=0xd4d4d4:t=fill,vignette=PI/4,${noise(4)}`, overlay: 'none' },
  'panned-at-night': { fault: 'moved', view: `crop=1280:720:288:90,${infrared}` },
  blurred: { fault: 'blurred', view: `${aimed},gblur=sigma=6,${noise(6)}` },
  'blurred-a-little': { fault: 'blurred', view: `${aimed},gblur=sigma=4,${noise(6)}`, moving: 'people' },
  'pink-cast': { fault: 'colour-cast', view: `${aimed},lutyuv=u='val+14':v='val+44',${noise(6)}` },
  'green-cast': { fault: 'colour-cast', view: `${aimed},lutyuv=u='val-30':v='val-34',${noise(6)}`, moving: 'people' },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof scenes;
export const sceneNames = Object.keys(scenes).filter((name): name is SceneName => Object.hasOwn(scenes, name));
export const kitchens = [1, 2, 3];
const pictures = 8;
export const secondsApart = 61;

export interface ScenePicture {
  /** 640×360 in ffmpeg’s `yuv420p`. */
  pixels: Buffer;
  /** Of the coded picture. */
  codedSha256: string;
}

/** The pictures of one scene in one kitchen, one after the other. Throws where ffmpeg is missing or fails. */
export async function loadScene(name: SceneName, kitchen: number): Promise<ScenePicture[]> {
  const scene: Scene = scenes[name];
  const args = drawing(scene, kitchen);
  const key = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 12);
  const folder = join(import.meta.dirname, '../../.cache/scenes', `${name}-${kitchen}-${key}`);
  await makeFolder(folder, (unfinished) => ffmpeg([...args, join(unfinished, 'coded.h264')]).then(() => undefined));
  const input = ['-v', 'error', '-i', join(folder, 'coded.h264')];
  const pixels = await ffmpeg([...input, '-vf', 'scale=640:360,format=yuv420p', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-']);
  const hashes = codedHashes((await ffmpeg([...input, '-c', 'copy', '-f', 'framehash', '-hash', 'sha256', '-'])).toString('utf8'));
  const size = pixels.length / pictures;
  const all = hashes.map((codedSha256, index) => ({ pixels: pixels.subarray(index * size, (index + 1) * size), codedSha256 }));
  const [first] = all;
  return scene.repeats === true && first !== undefined ? all.map(() => first) : all;
}

async function ffmpeg(args: string[]): Promise<Buffer> {
  const run = promisify(execFile);
  const { stdout } = await run('ffmpeg', ['-nostdin', ...args], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 });
  return stdout;
}

function drawing({ view, moving, overlay }: Scene, kitchen: number): string[] {
  const rate = `r=1/${secondsApart}`;
  const furnished = `color=c=0x8c8a84:s=1600x900:${rate},format=yuv444p,${furniture(kitchen)}`;
  const peopled = moving === undefined ? furnished : `${furnished}[room];${crowds[moving](rate)}`;
  const written = { none: '', standing: `,trim=end_frame=1,loop=-1:1,setpts=N/TB,${noise(2)}` };
  const clock = `,drawtext=text='%{pts\\:hms\\:50000}':x=24:y=20:fontsize=36:fontcolor=white:bordercolor=black:borderw=2`;
  const graph = `${peopled},format=yuv420p,${view}${overlay === 'none' ? '' : clock}${overlay === undefined ? '' : written[overlay]}`;
  const coded = [
    '-frames:v',
    String(pictures),
    '-fps_mode',
    'passthrough',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '27',
    '-g',
    '1',
  ];
  return ['-v', 'error', '-f', 'lavfi', '-i', graph, '-pix_fmt', 'yuv420p', ...coded, '-f', 'h264'];
}

/** Worktops, shelves and pots: boxes with edges, different in each kitchen and always the same in one. */
function furniture(kitchen: number): string {
  const dice = createDice(kitchen);
  const colours = ['c8c4b8', '5a5650', '3c4a58', 'b0a088', 'e0e0dc', '7a3c2c', '46583c', '989a9c', '22262a', 'd0b060'];
  return Array.from({ length: 110 }, (_, index) => {
    const [most, least] = index < 14 ? [420, 160] : [150, 14];
    const box = `x=${dice(1500)}:y=${dice(840)}:w=${least + dice(most)}:h=${least + dice(most) / 2}`;
    return `drawbox=${box}:c=0x${colours[dice(colours.length)]}:t=${index % 3 === 2 ? 3 : 'fill'}`;
  }).join(',');
}

const crowds = {
  people: (rate: string) => walking(3, rate),
  crowd: (rate: string) => walking(9, rate),
  steam: (rate: string) =>
    `color=c=0xe8e8e8:s=520x520:${rate},format=yuva420p,geq=lum='lum(X,Y)':cb=128:cr=128:a='(110+60*sin(T+X/60)*cos(T+Y/45))*exp(-((X-260)^2+(Y-260)^2)/24000)'[steam];` +
    `[room][steam]overlay=x=520:y='150+40*sin(t)':eval=frame`,
};

function walking(count: number, rate: string): string {
  const dressed = ['e8e8e8', '2c3c6c', '484848', 'f0ece0', '6c2c2c'];
  const people = Array.from(
    { length: count },
    (_, index) =>
      `color=c=0x${dressed[index % dressed.length]}:s=150x470:${rate},drawbox=x=45:y=0:w=60:h=80:c=0xc09878:t=fill,drawbox=x=20:y=300:w=110:h=170:c=0x303030:t=fill[p${index}]`,
  );
  const placed = people.map((_, index) => {
    const x = `150+mod(t*${7 + 3 * index}+${index * 340},1150)`;
    return `[${index === 0 ? 'room' : `q${index}`}][p${index}]overlay=x='${x}':y='${220 + (index % 4) * 60}+30*sin(t)':eval=frame`;
  });
  return `${people.join(';')};${placed.map((each, index) => (index === count - 1 ? each : `${each}[q${index + 1}]`)).join(';')}`;
}

/** Numbers below the one given, the same in every run. */
function createDice(seed: number): (below: number) => number {
  let state = seed * 7919;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
