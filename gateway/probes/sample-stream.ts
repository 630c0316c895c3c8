// Takes a few seconds of a stream and measures them: the packets as they came, and one decoded picture.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PictureMeasured } from '#contract/facts.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import { capture, filterKeyframe, probeFile } from './ffmpeg.ts';
import { measurePackets, type PacketReport, packetEntries } from './packets.ts';

export interface StreamSample {
  packets: PacketReport;
  picture: PictureMeasured;
}

/** Black is what is darker than luma 32. A small picture tells as much, for a fraction of the work. */
const pictureFilter = 'scale=640:360,format=yuv420p,blackframe=amount=0:threshold=32,signalstats';

/** `address` without password. Keeps the sample on disk only for as long as it takes. Throws DeviceError. */
export async function sampleStream(
  address: string,
  { credentials, seconds, signal }: { credentials: Credentials | undefined; seconds: number; signal: AbortSignal },
): Promise<StreamSample> {
  const url = URL.parse(address);
  if (url === null || !/^rtsps?:$/.test(url.protocol)) throw new DeviceError('no-stream', 'the address of the stream is no RTSP address');
  const folder = await mkdtemp(join(tmpdir(), 'mingzao-sample-'));
  try {
    const file = join(folder, 'sample.nut');
    await capture({ address: url, credentials, seconds, file, signal });
    const packets = measurePackets(await probeFile(file, packetEntries, { signal }));
    if (!packets.hasKeyframe) throw new DeviceError('does-not-decode', `no keyframe came in ${packets.sampledSeconds} seconds`);
    const printed = await filterKeyframe(file, pictureFilter, { signal });
    return { packets, picture: { ...readPicture(printed), width: packets.width, height: packets.height } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads what the filters printed. */
function readPicture(printed: string): Pick<PictureMeasured, 'blackPercent' | 'meanLuma'> {
  const value = (name: string) => Number(new RegExp(`^lavfi\\.${name}=([\\d.]+)$`, 'm').exec(printed)?.[1]);
  const blackPercent = value('blackframe\\.pblack');
  const meanLuma = value('signalstats\\.YAVG');
  if (Number.isFinite(blackPercent) && Number.isFinite(meanLuma))
    return { blackPercent: Math.min(blackPercent, 100), meanLuma: Math.min(meanLuma, 255) };
  throw new DeviceError('does-not-decode', 'packets came, but no whole picture could be decoded from them');
}
