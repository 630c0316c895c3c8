// Decodes one picture out of a kept file, as proof that it plays.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceError } from '../onvif/device-error.ts';
import { inScratchFolder } from '../probes/scratch-folder.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

export interface PictureAt {
  /** Where in the file it is, in seconds. */
  seconds: number;
  /** A small one. */
  jpeg: Buffer;
}

/** The picture shown `seconds` into the file. Throws DeviceError `does-not-decode`, also where a decoder would only make up for damage. */
export function pictureAt(file: string, seconds: number, { signal }: { signal: AbortSignal }): Promise<PictureAt> {
  return inScratchFolder(async (folder) => {
    const jpeg = join(folder, 'picture.jpg');
    let shownAt: number | undefined;
    const code = await runFfmpeg({
      args: [
        ...['-loglevel', 'info', '-protocol_whitelist', 'file', '-err_detect', 'explode', '-xerror', '-ss', seconds.toFixed(3)],
        ...['-i', file, '-map', '0:v:0', '-frames:v', '1', '-vf', 'showinfo=checksum=0,scale=640:-2'],
        ...['-q:v', '5', '-update', '1', '-f', 'image2', jpeg],
      ],
      onSaid(line) {
        const stamp = /showinfo.* pts_time:([\d.]+)/.exec(line)?.[1];
        if (stamp !== undefined) shownAt ??= seconds + Number(stamp); // counted from where it was told to begin
      },
      signal,
    });
    if (signal.aborted) throw new DeviceError('too-slow', 'the picture was not decoded in time');
    if (code !== 0 || shownAt === undefined) throw new DeviceError('does-not-decode', 'no whole picture could be decoded from the file');
    return { seconds: shownAt, jpeg: await readFile(jpeg) };
  });
}
