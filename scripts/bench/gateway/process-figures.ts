// What the system says of one process: processor time, memory, children. Linux only.
import { readFileSync } from 'node:fs';

/** Of USER_HZ, which is 100 on every Linux there is. */
const ticksPerSecond = 100;

/** Seconds, of its own and of the children that have ended. */
export function cpuSeconds(pid: number): { own: number; children: number } {
  // The name may hold blanks and brackets; what follows it does not (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const seconds = (...at: number[]) => at.reduce((sum, index) => sum + (fields[index] ?? 0), 0) / ticksPerSecond;
  return { own: seconds(11, 12), children: seconds(13, 14) };
}

/** The most memory it ever had, bytes. */
export function peakBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1024;
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Empty where the process has ended meanwhile. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
