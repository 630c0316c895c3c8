// One program of the district, run as a process of its own, with its log in a file.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Program {
  name: string;
  /** Resolves with the first log line that carries this message; rejects with what the program said last when it ends before. */
  saidFirst(message: string): Promise<Record<string, unknown>>;
  /** Resolves with the first match in what the program says; rejects likewise. */
  saidMatch(pattern: RegExp): Promise<string>;
  /** Resolves when the program has ended, by itself or not, with what it said last on stderr. */
  ended: Promise<string>;
  /** SIGTERM, and after `withinMs` SIGKILL. Resolves when it has ended. */
  stop(withinMs: number): Promise<void>;
}

/** Starts a TypeScript file on this very Node. `log` gets all it says. */
export function runProgram(about: { name: string; file: string; args: string[]; log: string }): Program {
  const child = spawn(process.execPath, [about.file, ...about.args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(about.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = `${lastWords}${chunk}`.slice(-2000);
  });
  const ended = once(child, 'close').then(() => {
    log.end();
    return lastWords.trim();
  });
  return {
    name: about.name,
    saidFirst: (message) =>
      firstLine(child, { ended, name: about.name, find: (line) => (parse(line)?.msg === message ? parse(line) : undefined) }),
    saidMatch: (pattern) => firstLine(child, { ended, name: about.name, find: (line) => pattern.exec(line)?.[0] }),
    ended,
    stop: (withinMs) => stop(child, ended, withinMs),
  };
}

async function firstLine<Found>(
  child: ChildProcess,
  about: { find: (line: string) => Found | undefined; ended: Promise<string>; name: string },
): Promise<Found> {
  const found = new Promise<Found>((resolve) => {
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      const said = about.find(line);
      if (said !== undefined) resolve(said);
    });
  });
  const died = about.ended.then((words) => Promise.reject(new Error(words || `${about.name} ended at once`)));
  return Promise.race([found, died]);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function stop(child: ChildProcess, ended: Promise<string>, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  await ended;
  clearTimeout(timer);
}
