// What no gateway can do without: ffmpeg taking one keyframe off a camera and decoding it, again and again, beside the gateway that is measured.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuSeconds } from './process-figures.ts';

export interface BareDecodes {
  /** Stops, and gives what one decode cost. */
  stop(): Promise<{ cpuSecondsEach: number; count: number }>;
}

/** The cameras have their turn one after the other. Measured at the same time, so that a busy machine is as slow for both. */
export function startBareDecodes(streams: readonly string[]): BareDecodes {
  let stopped = false;
  const running = (async () => {
    const before = cpuSeconds(process.pid).children;
    let count = 0;
    while (!stopped) {
      await promisify(execFile)('ffmpeg', argumentsFor(streams[count % streams.length] ?? ''));
      count += 1;
    }
    return { cpuSecondsEach: (cpuSeconds(process.pid).children - before) / count, count };
  })();
  return {
    stop() {
      stopped = true;
      return running;
    },
  };
}

function argumentsFor(url: string): string[] {
  const input = ['-v', 'error', '-rtsp_transport', 'tcp', '-skip_frame', 'nokey', '-i', url];
  return [...input, '-map', '0:v:0', '-frames:v', '1', '-f', 'null', '-'];
}
