// Runs ffmpeg and ffprobe for every look: bounded in number, time and size, killed at the deadline, and never told a password by its arguments.
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import { DeviceError } from '../onvif/device-error.ts';
import type { Credentials } from '../onvif/http-digest.ts';
import { captureFault } from './capture-fault.ts';
import { createSlots } from './slots.ts';
import { secretsOf, sourceProtocols, sourceScript } from './stream-source.ts';

export interface CaptureRequest {
  /** `rtsp://…`, without user name or password. */
  address: URL;
  credentials: Credentials | undefined;
  /** How much of the stream to take, by the clock on the wall, and where to put what framecrc prints of its packets. */
  sample: { seconds: number; file: string };
  /** How long to wait for a keyframe, which smart encoders send only every ten seconds or more, and where to put the first one, in the NUT format. */
  keyframe: { seconds: number; file: string };
  signal: AbortSignal;
}

export interface KeyframesRequest extends Pick<CaptureRequest, 'address' | 'credentials' | 'signal'> {
  /** How many pictures, each so long after the one before, and how long to wait for all of them. */
  count: number;
  apartSeconds: number;
  waitSeconds: number;
  /** Where to put them: 640×360 in `yuv420p`, the first as a small JPEG, and what framehash prints of the coded keyframes. */
  files: { pixels: string; jpeg: string; hashes: string };
}

export interface KeyframeFile {
  /** Of our own. */
  file: string;
  /** ffmpeg’s name of its format. */
  format: 'nut' | 'h264' | 'hevc';
  signal: AbortSignal;
}

export interface DecodeRequest {
  /** An Annex B byte stream. */
  file: string;
  /** ffmpeg’s name of its format. */
  format: 'h264' | 'hevc';
  /** Where to put the picture. */
  jpeg: string;
  signal: AbortSignal;
}

const processesMax = 4;
const slots = createSlots(processesMax);
/** Silence of the camera after which ffmpeg gives up. */
const silenceMs = 3000;
/** A killed process that has not ended by then is not waited for any longer. */
const killedWithinMs = 2000;
const outputMaxBytes = 8 * 1024 * 1024;
const linesKept = 40;

/**
 * Takes down the packets of a few seconds of the first video stream, undecoded and stamped with when they came, and one keyframe, all in
 * one session: cheap cameras have few. Gives how long it watched. Throws DeviceError. Where the stream breaks off, less than asked is there.
 */
export function capture({ address, credentials, sample, keyframe, signal }: CaptureRequest): Promise<{ watchedSeconds: number }> {
  return slots.use(signal, async () => {
    const source = openStream(address, credentials, keyframe.seconds);
    source.command
      .output(sample.file)
      .outputOptions([...copied, '-copyinkf', `-t ${sample.seconds}`, `-fs ${outputMaxBytes}`])
      .format('framecrc')
      .output(keyframe.file)
      .outputOptions([...copied, '-frames:v 1', `-t ${keyframe.seconds}`])
      .format('nut');
    return { watchedSeconds: (await source.run(signal)).watchedMs / 1000 };
  });
}

/** Decodes keyframes as they come, and nothing else of the stream. Gives what ffmpeg printed. Throws DeviceError; fewer may have come than asked. */
export function takeKeyframes({
  address,
  credentials,
  count,
  apartSeconds,
  waitSeconds,
  files,
  signal,
}: KeyframesRequest): Promise<string> {
  const apart = count > 1 ? [`select='isnan(prev_selected_t)+gte(t-prev_selected_t,${apartSeconds})'`] : [];
  return slots.use(signal, async () => {
    const source = openStream(address, credentials, waitSeconds);
    source.command
      .inputOptions([`-t ${waitSeconds}`, '-filter_complex_threads 1'])
      .complexFilter(`[0:v:0]${[...apart, 'showinfo=checksum=0', small, 'split[pixels][picture]'].join(',')}`)
      .output(files.pixels)
      .outputOptions(['-map [pixels]', `-frames:v ${count}`, '-fps_mode passthrough'])
      .format('rawvideo')
      .output(files.jpeg)
      .outputOptions(['-map [picture]', '-frames:v 1', '-q:v 5', '-update 1', '-threads 1'])
      .format('image2')
      .output(files.hashes)
      .outputOptions(['-map 0:v:0', '-c copy', "-bsf:v noise=drop='not(key)'", `-frames:v ${count}`, '-hash sha256'])
      .format('framehash');
    return (await source.run(signal)).printed;
  });
}

/** A command that reads one stream, and how to run it to its end; `patienceSeconds` is how long it may wait for a keyframe. */
function openStream(address: URL, credentials: Credentials | undefined, patienceSeconds: number) {
  const lines: string[] = [];
  let described: number | undefined;
  const command = ffmpeg({
    source: Readable.from([sourceScript({ address, credentials, patienceSeconds, silenceMs, unprobed: true })]),
    stdoutLines: linesKept,
  })
    .inputFormat('concat')
    // Verbose, because only then it says how far it came: told by the session description it received.
    .inputOptions([
      '-hide_banner',
      '-nostats',
      '-loglevel verbose',
      '-safe 0',
      `-analyzeduration ${patienceSeconds * 1_000_000}`,
      '-fpsprobesize 0',
      `-protocol_whitelist ${sourceProtocols}`,
      ...keyframesOnly,
    ]);
  command.on('stderr', (line: string) => {
    if (lines.length < 2000) lines.push(line);
    if (/\bSDP:/.test(line)) described ??= performance.now();
  });
  return {
    command,
    /** Throws DeviceError. `watchedMs`: how long it has watched the stream. */
    async run(signal: AbortSignal): Promise<{ watchedMs: number; printed: string }> {
      const since = performance.now();
      const ended = await run(command, signal);
      const watchedMs = performance.now() - (described ?? since);
      // For some codecs a stream without a single packet ends well, with nothing but a header in the file.
      if (ended.ok && lines.some((line) => line.includes('Total: 0 packets (0 bytes) demuxed')))
        throw new DeviceError('stalled', 'the stream opens, but no packets come');
      if (ended.ok) return { watchedMs, printed: lines.join('\n') };
      throw captureFault(lines, {
        aborted: signal.aborted,
        silent: performance.now() - since >= silenceMs,
        patient: watchedMs >= 900 * patienceSeconds,
        secrets: secretsOf(credentials),
      });
    },
  };
}

const copied = ['-map 0:v:0', '-c copy'];
/** With more, the decoder holds a picture back until the next ones have come. */
const oneThread = '-threads 1';
/** Nothing else is decoded, nor looked at to learn about the stream. */
const keyframesOnly = ['-skip_frame nokey', oneThread];
const small = 'scale=640:360,format=yuv420p';

/** The upper and the lower eighth of a picture, one above the other, in grey: where cameras write their clock. */
const margins = 'split[a][b];[a]crop=iw:trunc(ih/8):0:0[c];[b]crop=iw:trunc(ih/8):0:ih-trunc(ih/8)[d];[c][d]vstack,format=gray';

/**
 * Decodes the one picture in a file: 640×360 in `yuv420p` into `pixels`, the picture’s margins, a byte a pixel, into `margins`. Gives what ffmpeg
 * printed. Throws DeviceError `does-not-decode`.
 */
export function decodeKeyframe({
  file,
  format,
  pixels,
  margins: marginsFile,
  signal,
}: KeyframeFile & { pixels: string; margins: string }): Promise<string> {
  return slots.use(signal, async () => {
    const command = ffmpeg(file)
      .inputFormat(format)
      .inputOptions(['-hide_banner', '-nostats', '-loglevel info', '-protocol_whitelist file', oneThread, '-filter_complex_threads 1'])
      .complexFilter(`[0:v:0]showinfo=checksum=0,split[whole][small];[small]${small}[pixels];[whole]${margins}[margins]`)
      .output(pixels)
      .outputOptions(['-map [pixels]', '-frames:v 1'])
      .format('rawvideo')
      .output(marginsFile)
      .outputOptions(['-map [margins]', '-frames:v 1'])
      .format('rawvideo');
    const ended = await run(command, signal);
    if (ended.ok) return ended.printed;
    if (signal.aborted) throw new DeviceError('too-slow', 'the picture was not decoded in time');
    throw new DeviceError('does-not-decode', 'no whole picture could be decoded from the stream');
  });
}

/**
 * Decodes the first picture of a local elementary stream into a small JPEG. Throws DeviceError `does-not-decode`, also where a decoder
 * would only have made up for what is damaged.
 */
export function decodeToJpeg({ file, format, jpeg, signal }: DecodeRequest): Promise<void> {
  return slots.use(signal, async () => {
    const command = ffmpeg(file)
      .inputFormat(format)
      .inputOptions(['-hide_banner', '-loglevel error', '-protocol_whitelist file', '-err_detect explode', '-xerror'])
      .outputOptions(['-map 0:v:0', '-frames:v 1', '-vf scale=640:-2', '-q:v 5', '-update 1'])
      .format('image2')
      .output(jpeg);
    const ended = await run(command, signal);
    if (signal.aborted) throw new DeviceError('too-slow', 'the picture was not decoded in time');
    if (!ended.ok) throw new DeviceError('does-not-decode', 'the picture that came cannot be decoded without damage');
  });
}

/** What ffprobe says of a local file, as parsed JSON. Throws DeviceError `does-not-decode`. */
export function probeFile(file: string, entries: string, { signal }: { signal: AbortSignal }): Promise<unknown> {
  return slots.use(signal, async () => {
    // Not by fluent-ffmpeg: its ffprobe can neither be cancelled nor show packets.
    const args = ['-v', 'error', '-protocol_whitelist', 'file', '-of', 'json', '-select_streams', 'v:0', '-show_entries', entries, file];
    const { output, code } = await collect(args, signal);
    if (signal.aborted) throw new DeviceError('too-slow', 'the sample was not examined in time');
    if (code !== 0) throw new DeviceError('does-not-decode', 'what the stream delivered cannot be read as video');
    return JSON.parse(output);
  });
}

type Ended = { ok: true; printed: string } | { ok: false };

/** Where ffmpeg is not installed, no camera is to blame. */
function missing(program: string): DeviceError {
  return new DeviceError('internal', `${program} cannot be started on this gateway; is it installed?`);
}

function run(command: ffmpeg.FfmpegCommand, signal: AbortSignal): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  // Its place is free when it has ended, not when it was told to; the error below says so.
  const kill = () => {
    command.kill('SIGKILL');
    setTimeout(() => resolve({ ok: false }), killedWithinMs).unref();
  };
  // Before it has started there is nothing to kill, and it would start all the same.
  command.on('start', () => (signal.aborted ? kill() : signal.addEventListener('abort', kill, { once: true })));
  command.on('end', (stdout, stderr) => resolve({ ok: true, printed: `${stdout ?? ''}\n${stderr ?? ''}` }));
  command.on('error', ({ message }: Error) =>
    /Cannot find ffmpeg|spawn/.test(message) ? reject(missing('ffmpeg')) : resolve({ ok: false }),
  );
  command.run();
  return promise.finally(() => signal.removeEventListener('abort', kill));
}

function collect(args: string[], signal: AbortSignal): Promise<{ output: string; code: number | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ output: string; code: number | null }>();
  const child = spawn(process.env.FFPROBE_PATH ?? 'ffprobe', args, { stdio: ['ignore', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' });
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputMaxBytes) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  child.on('error', () => (signal.aborted ? resolve({ output: '', code: null }) : reject(missing('ffprobe'))));
  child.on('close', (code) => resolve({ output: Buffer.concat(chunks).toString('utf8'), code }));
  return promise;
}
