// Takes one small picture of a stream, or two in a row, in one session and by one ffmpeg.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import { readStill, type Still, stillBytes } from '../pictures/still.ts';
import { codedHashes } from './coded-hashes.ts';
import { takeKeyframes } from './ffmpeg.ts';
import { inScratchFolder } from './scratch-folder.ts';

export interface TakenPictures {
  /** Of the picture as the camera sends it, pixels. */
  width: number;
  height: number;
  first: Still;
  /** Where two were asked for. */
  second: Still | undefined;
  /** Of the keyframes as the camera coded them, in a row. */
  keyframesSha256: string[];
  /** The first as a JPEG of 640×360. */
  jpeg: Buffer;
}

/** Encoders that save bits send a keyframe every ten seconds, some every twenty; mostly one comes at once. */
const keyframeWaitSeconds = 20;
/** A clock that shows seconds has gone on by then, or nearly always; and of most cameras it is the very next keyframe. */
const apartSeconds = 0.9;

/** `address` without password. Throws DeviceError. */
export async function takePicture(
  address: string,
  { credentials, signal, count = 1 }: { credentials: Credentials | undefined; signal: AbortSignal; count?: 1 | 2 },
): Promise<TakenPictures> {
  const url = URL.parse(address);
  if (url === null || !/^rtsps?:$/.test(url.protocol)) throw new DeviceError('no-stream', 'the address of the stream is no RTSP address');
  return inScratchFolder(async (folder) => {
    const files = { pixels: join(folder, 'pixels'), jpeg: join(folder, 'picture.jpg'), hashes: join(folder, 'hashes') };
    const printed = await takeKeyframes({
      address: url,
      credentials,
      count,
      apartSeconds,
      waitSeconds: keyframeWaitSeconds,
      files,
      signal,
    });
    const keyframesSha256 = codedHashes(await readFile(files.hashes, 'utf8'));
    const pixels = await readFile(files.pixels);
    const [first, second] = [readStill(pixels.subarray(0, stillBytes)), readStill(pixels.subarray(stillBytes))];
    if (first === undefined && keyframesSha256.length === 0)
      throw new DeviceError('too-slow', `packets come, but no keyframe came in ${keyframeWaitSeconds} seconds`);
    const [width, height] = /showinfo.* s:(\d+)x(\d+) /.exec(printed)?.slice(1).map(Number) ?? [];
    // The decoder paints over what is missing, and is content.
    const whole = !/concealing \d+ DC/.test(printed);
    if (first === undefined || !whole || width === undefined || height === undefined || keyframesSha256.length === 0)
      throw new DeviceError('does-not-decode', 'packets came, but no whole picture could be decoded from them');
    return { width, height, first, second, keyframesSha256, jpeg: await readFile(files.jpeg) };
  });
}
