// What watching costs a gateway in processor time, processes and memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { startBareDecodes } from './bare-decodes.ts';
import { childrenOf, commandLine, cpuSeconds, peakBytes } from './process-figures.ts';
import type { Intervals, WatchedCameras } from './watched-cameras.ts';

export interface Cost {
  /** CPU seconds, of the gateway and its ffmpeg together and of the gateway alone. */
  perCameraHour: { all: number; own: number };
  /** CPU seconds that bare decodes of as many keyframes would have taken. */
  barePerCameraHour: number;
  /** Of the looks due at a camera’s pictures and streams, how many were taken. */
  looksOfDue: number;
  processesMost: number;
  /** The most the gateway’s process ever had. */
  peakBytes: number;
}

/** Only the ffmpeg that reads from a camera has this in its arguments. */
const captureMark = '-f concat';

/** Takes one interval of the stream, so that each look is there as often as it is due. */
export async function watchCost({ pid, ids, streams }: WatchedCameras, intervals: Intervals): Promise<Cost> {
  // Each takes something of a stream, and has to decode one keyframe of it at the very least.
  const looksPerCameraHour = 3600 / intervals.picture + 3600 / intervals.stream;
  const bare = startBareDecodes(streams);
  const [since, before] = [performance.now(), cpuSeconds(pid)];
  const elapsed = () => (performance.now() - since) / 1000;
  const known = new Set(childrenOf(pid)); // what they cost before the window makes up for what the last ones cost after it
  let looks = 0;
  let processesMost = 0;
  while (elapsed() < intervals.stream) {
    const children = childrenOf(pid);
    processesMost = Math.max(processesMost, children.length);
    for (const child of children.filter((each) => !known.has(each) && commandLine(each).includes(captureMark))) {
      known.add(child);
      looks += 1;
    }
    await sleep(20);
  }
  const after = cpuSeconds(pid);
  const due = (elapsed() * ids.length * looksPerCameraHour) / 3600;
  const { cpuSecondsEach } = await bare.stop();
  const own = after.own - before.own;
  const perHour = (seconds: number) => (seconds / looks) * looksPerCameraHour;
  return {
    perCameraHour: { all: perHour(own + after.children - before.children), own: perHour(own) },
    barePerCameraHour: cpuSecondsEach * looksPerCameraHour,
    looksOfDue: looks / due,
    processesMost,
    peakBytes: peakBytes(pid),
  };
}
