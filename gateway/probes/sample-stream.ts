// Takes a few seconds of a stream and measures them: the packets as they came, and one decoded picture.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamMeasured } from '#contract/camera-measured.ts';
import type { PictureMeasured } from '#contract/picture.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import type { ShownTime } from '../overlay-clock/read-clock.ts';
import { readLight } from '../pictures/light.ts';
import { capture, probeFile } from './ffmpeg.ts';
import { readKeyframe } from './keyframe.ts';
import { countPackets, measurePackets, settlingSeconds } from './packets.ts';
import { inScratchFolder } from './scratch-folder.ts';

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
    const { size, still, shown } = await readKeyframe({ file: keyframe.file, format: 'nut', folder, signal });
    const light = readLight(still);
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

async function isEmpty(file: string, signal: AbortSignal): Promise<boolean> {
  return countPackets(await probeFile(file, 'packet=size', { signal })) === 0;
}
