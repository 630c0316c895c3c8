// Takes a few seconds of a stream and measures them: the packets as they came, and one decoded picture.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamMeasured } from '#contract/camera-measured.ts';
import type { PictureMeasured } from '#contract/picture.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import type { Grey } from '../overlay-clock/blobs.ts';
import { readClock, type ShownTime } from '../overlay-clock/read-clock.ts';
import { readLight } from '../pictures/light.ts';
import { readStill } from '../pictures/still.ts';
import { capture, decodeKeyframe, probeFile } from './ffmpeg.ts';
import { countPackets, measurePackets, settlingSeconds } from './packets.ts';
import { inScratchFolder } from './scratch-folder.ts';

/** Pixels. */
type Size = Pick<PictureMeasured, 'width' | 'height'>;

export interface StreamSample {
  stream: Omit<StreamMeasured, 'via' | 'profile'>;
  picture: PictureMeasured;
  shown: ShownTime | undefined;
  /** When the camera took the picture that shows it, at the latest and at the earliest: seconds ago. */
  shownAgo: { least: number; most: number };
}

/** Encoders that save bits send a keyframe every ten seconds, some every twenty. Up to then the stream is watched; mostly one comes at once. */
const keyframeWaitSeconds = 20;

/** `address` without password. Keeps the sample on disk only for as long as it takes. Throws DeviceError. */
export async function sampleStream(
  address: string,
  { credentials, seconds, signal }: { credentials: Credentials | undefined; seconds: number; signal: AbortSignal },
): Promise<StreamSample> {
  const url = URL.parse(address);
  if (url === null || !/^rtsps?:$/.test(url.protocol)) throw new DeviceError('no-stream', 'the address of the stream is no RTSP address');
  return inScratchFolder(async (folder) => {
    const sample = { file: join(folder, 'packets'), seconds: seconds + settlingSeconds };
    const keyframe = { file: join(folder, 'keyframe.nut'), seconds: keyframeWaitSeconds };
    const began = performance.now();
    const { watchedSeconds } = await capture({ address: url, credentials, sample, keyframe, signal });
    const captured = performance.now();
    const asked = { askedSeconds: sample.seconds, watchedSeconds };
    const { hasKeyframe, ...packets } = measurePackets(await readFile(sample.file, 'utf8'), asked);
    // Told apart from a picture that does not decode: with patience one may yet come.
    if (!hasKeyframe && (await isEmpty(keyframe.file, signal)))
      throw new DeviceError('too-slow', `packets come, but no keyframe came in ${Math.round(watchedSeconds)} seconds`);
    const files = { pixels: join(folder, 'pixels'), margins: join(folder, 'margins') };
    const size = sizePrinted(await decodeKeyframe(keyframe.file, { ...files, signal }));
    const still = readStill(await readFile(files.pixels));
    if (still === undefined || size === undefined)
      throw new DeviceError('does-not-decode', 'packets came, but no whole picture could be decoded from them');
    const light = readLight(still);
    const shown = readClock(marginsOf(await readFile(files.margins), size));
    const ago = (since: number) => (performance.now() - since) / 1000;
    // Recorders and relays may begin with a keyframe that they had in store.
    const stored = packets.keyframeSeconds ?? keyframeWaitSeconds;
    return {
      stream: { ...packets, ...size },
      picture: { blackPercent: Math.round(light.blackPercent), meanLuma: Math.round(light.meanLuma), ...size },
      shown,
      shownAgo: { least: ago(captured), most: ago(began) + stored },
    };
  });
}

/** The upper and the lower margin, which are of one size. */
function marginsOf(luma: Uint8Array, { width }: Size): Grey[] {
  const height = Math.floor(luma.length / width / 2);
  const half = width * height;
  return [luma.subarray(0, half), luma.subarray(half, 2 * half)].map((part) => ({ luma: part, width, height }));
}

async function isEmpty(file: string, signal: AbortSignal): Promise<boolean> {
  return countPackets(await probeFile(file, 'packet=size', { signal })) === 0;
}

/** The size is that of the decoded picture: what a stream says of itself need not be so. */
function sizePrinted(printed: string): Size | undefined {
  // The decoder paints over what is missing, and is content.
  if (/concealing \d+ DC/.test(printed)) throw new DeviceError('does-not-decode', 'only part of the picture could be decoded');
  const [width, height] = /showinfo.* s:(\d+)x(\d+) /.exec(printed)?.slice(1).map(Number) ?? [];
  return width === undefined || height === undefined ? undefined : { width, height };
}
