// Records one stream as it comes, undecoded, in files of a few minutes, until the stream or the signal ends.
import { basename, dirname, join } from 'node:path';
import { DeviceError } from '../onvif/device-error.ts';
import { captureFault } from '../probes/capture-fault.ts';
import { probeFile } from '../probes/ffmpeg.ts';
import { type StreamSource, secretsOf, sourceProtocols, sourceScript } from '../probes/stream-source.ts';
import { runFfmpeg } from './run-ffmpeg.ts';
import { extension, settledSpan } from './segment.ts';
import { stampEntries, stampsOf } from './stamps.ts';

export interface StreamRecording {
  source: StreamSource;
  /** How the paths of the unfinished files begin. */
  prefix: string;
  segmentSeconds: number;
  /** One file after the other, as soon as it is complete. Milliseconds since 1970. */
  finished(segment: { file: string; from: number; to: number }): Promise<void>;
  signal: AbortSignal;
}

/** Silence of the camera after which ffmpeg gives up. */
const silenceMs = 3000;
/** Encoders that save bits send a keyframe every ten seconds, some every twenty: a file ends at the first after its time. */
export const keyframeWaitSeconds = 20;
/** More than the stream is late for its next file by then, and it is begun anew. */
const overdueMs = 60_000;
const linesKept = 400;

/**
 * Always ends with an error, except where `signal` fires: DeviceError, why there is no more to record. When it ends, all that was
 * complete has been handed over.
 */
export async function recordStream({ source, prefix, segmentSeconds, finished, signal }: StreamRecording): Promise<void> {
  const overdue = new AbortController();
  const ending = AbortSignal.any([signal, overdue.signal]);
  const alarm = setTimeout(() => overdue.abort(), segmentSeconds * 1000 + overdueMs);
  const folder = dirname(prefix);
  const lines: string[] = [];
  const since = performance.now();
  let beganAt: number | undefined;
  let markedAt = since;
  let count = 0;
  let handedOver = Promise.resolve();
  let lost: unknown;

  const onSaid = (line: string) => {
    if (lines.length < linesKept) lines.push(line);
    const start = /^ *Duration: .*start: (\d+\.\d+)/.exec(line)?.[1];
    if (beganAt !== undefined || start === undefined) return;
    beganAt = Number(start) * 1000;
    markedAt = performance.now();
  };
  const onPrinted = (line: string) => {
    const finishedFile = segmentOf(line);
    if (finishedFile === undefined || beganAt === undefined) return;
    alarm.refresh();
    const file = join(folder, finishedFile.name);
    const elapsedMs = performance.now() - markedAt;
    markedAt += elapsedMs;
    const span = { from: beganAt + finishedFile.from * 1000, to: beganAt + finishedFile.to * 1000 };
    const isFirst = count === 0;
    count += 1;
    handedOver = handedOver.then(async () => {
      const settled = settledSpan(isFirst ? { from: span.from + (await leadMs(file)), to: span.to } : span, elapsedMs);
      await finished({ file, ...settled });
    });
    handedOver = handedOver.catch((thrown: unknown) => {
      lost ??= thrown;
      overdue.abort();
    });
  };

  try {
    await runFfmpeg({
      args: ['-loglevel', 'verbose', ...inputArgs, ...outputArgs(prefix, segmentSeconds)],
      input: sourceScript({ ...source, patienceSeconds: keyframeWaitSeconds, silenceMs }),
      onPrinted,
      onSaid,
      signal: ending,
    });
  } finally {
    clearTimeout(alarm);
    await handedOver;
  }
  if (lost !== undefined) throw lost;
  if (signal.aborted) return;
  if (overdue.signal.aborted) throw new DeviceError('too-slow', 'packets come, but no keyframe to begin a file with');
  if (count > 0) throw new DeviceError('truncated', 'the stream broke off');
  throw captureFault(lines, {
    aborted: false,
    silent: performance.now() - since >= silenceMs,
    patient: false,
    secrets: secretsOf(source.credentials),
  });
}

// Stamped twice with when it came: the list of one file forgets what its only entry said of the day.
const inputArgs = [
  ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', sourceProtocols],
  ...['-use_wallclock_as_timestamps', '1', '-fpsprobesize', '0', '-i', 'pipe:0'],
];

/** Matroska takes every codec, and what of it was written before the power went can be read. Video only: nobody agreed to be listened to. */
function outputArgs(prefix: string, segmentSeconds: number): string[] {
  return [
    ...['-map', '0:v:0', '-c', 'copy', '-f', 'segment', '-segment_format', 'matroska'],
    ...['-segment_time', String(segmentSeconds), '-segment_atclocktime', '1', '-reset_timestamps', '1'],
    ...['-segment_list', 'pipe:1', '-segment_list_type', 'csv', `${prefix}%06d${extension}`],
  ];
}

/** A line of the list: file, from and to in seconds since the stream began. */
function segmentOf(line: string): { name: string; from: number; to: number } | undefined {
  const [name, from, to] = line.split(',');
  const span = { name: basename(name ?? ''), from: Number(from), to: Number(to) };
  return name === undefined || Number.isNaN(span.from) || Number.isNaN(span.to) ? undefined : span;
}

/** The list counts the first file from the beginning of the stream, although it begins only at the first keyframe. */
async function leadMs(file: string): Promise<number> {
  const { first } = stampsOf(await probeFile(file, stampEntries, { signal: AbortSignal.timeout(60_000) }));
  return first * 1000;
}
