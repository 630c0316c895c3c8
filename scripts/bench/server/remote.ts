// A process of the bench's own that does what it is asked, over the channel Node gives to its forks.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process can be asked: each takes one argument and gives one answer, both plain data. */
export type Tasks = Record<string, (argument: never) => unknown>;

export interface Remote<Does extends Tasks> {
  pid: number;
  ask<Name extends keyof Does & string>(name: Name, argument: Parameters<Does[Name]>[0]): Promise<Awaited<ReturnType<Does[Name]>>>;
  /** Calls `listener` with whatever the process tells unasked. */
  listen(listener: (told: unknown) => void): void;
  stop(): Promise<void>;
}

/** Longer than anything here should take: what is never acknowledged must not hold up the bench for ever. */
const answerWithinMs = 300_000;

/** Runs `file`, which must call `serve`. */
export function startRemote<Does extends Tasks>(file: string): Remote<Does> {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  process.once('exit', () => child.kill());
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners: ((told: unknown) => void)[] = [];
  let asked = 0;
  child.on('message', (message: Answer | { told: unknown }) => {
    if ('told' in message) for (const listener of listeners) listener(message.told);
    else if (message.problem === undefined) waiting.get(message.id)?.resolve(message.answer);
    else waiting.get(message.id)?.reject(new Error(message.problem));
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} has ended`));
  });
  return {
    pid: child.pid ?? 0,
    ask: (name, argument) => {
      const id = ++asked;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      child.send({ id, name, argument });
      const late = setTimeout(
        () => answer.reject(new Error(`${file}: no answer to "${name}" in ${answerWithinMs / 1000} s`)),
        answerWithinMs,
      );
      return answer.promise.finally(() => {
        clearTimeout(late);
        waiting.delete(id);
      }) as Promise<never>;
    },
    listen: (listener) => void listeners.push(listener),
    stop: () => ended(child),
  };
}

interface Question {
  id: number;
  name: string;
  argument: unknown;
}
type Answer = { id: number; answer?: unknown; problem?: string };

/** The other end: answers what it is asked for as long as whoever started this process is there. */
export function serve(tasks: Tasks): { tell(told: unknown): void } {
  const send = (message: object) => process.send?.(message);
  process.on('message', ({ id, name, argument }: Question) => {
    const task = tasks[name] as (argument: unknown) => unknown;
    Promise.resolve(argument)
      .then(task)
      .then(
        (answer) => send({ id, answer }),
        (error: Error) => send({ id, problem: `${name}: ${error.message}` }),
      );
  });
  process.on('disconnect', () => process.exit());
  return { tell: (told) => send({ told }) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
