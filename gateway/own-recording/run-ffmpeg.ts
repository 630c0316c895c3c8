// One ffmpeg for as long as it runs or is wanted: told things line by line, asked to end, and killed where it does not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DeviceError } from '../onvif/device-error.ts';

export interface FfmpegRun {
  args: readonly string[];
  /** For its standard input; what must stand in no process list goes this way. */
  input?: string;
  /** Each line of its standard output. */
  onPrinted?: (line: string) => void;
  /** Each line of its log. */
  onSaid?: (line: string) => void;
  /** Asks it to finish what it writes, and to end. */
  signal: AbortSignal;
}

/** Ending takes it no longer, or it is killed. */
const graceMs = 4000;

/** Gives its exit code. Throws DeviceError `internal` where it cannot be started. */
export async function runFfmpeg({ args, input = '', onPrinted, onSaid, signal }: FfmpegRun): Promise<number | null> {
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', ['-hide_banner', '-nostats', ...args]);
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  child.stdin.on('error', () => undefined); // it ended before it had read all
  child.stdin.end(input);
  if (onPrinted === undefined) child.stdout.resume();
  else createInterface({ input: child.stdout }).on('line', onPrinted);
  createInterface({ input: child.stderr }).on('line', (line) => onSaid?.(line));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : null;
  } catch (cause) {
    throw new DeviceError('internal', 'ffmpeg cannot be started on this gateway; is it installed?', { cause });
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', end);
  }
}
