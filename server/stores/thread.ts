// A thread of its own for what waits for a disk: it is asked by messages, and holds nobody up meanwhile.
import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';

/** What a thread can be asked: each takes one argument at most and gives one answer, both plain data. */
export type Tasks = Record<string, (argument: never) => unknown> & { close(): void };

export interface Thread<Does extends Tasks> {
  /** Does one thing after the other, in the order of asking. Rejected with what the task throws: of an error its sentence only. */
  ask<Name extends keyof Does & string>(name: Name, argument: Parameters<Does[Name]>[0]): Promise<ReturnType<Does[Name]>>;
  /** Does what was asked for before, then its task `close`, and ends. */
  close(): Promise<void>;
}

/** What passes through lives for one task: with less room for new objects a thread takes some forty megabytes less, and is no slower. */
const maxYoungGenerationSizeMb = 6;

interface Question {
  name: string;
  argument?: unknown;
}
type Answer = { answer: unknown } | { error: unknown };

/** Runs `file`, which must call `serve`; rejected with what it threw before. What it throws later, beside a task, ends the process. */
export async function startThread<Does extends Tasks>(file: URL, workerData: unknown): Promise<Thread<Does>> {
  const worker = new Worker(file, { workerData, resourceLimits: { maxYoungGenerationSizeMb } });
  await once(worker, 'message');
  const waiting: PromiseWithResolvers<unknown>[] = [];
  worker.unref();
  worker.on('message', (said: Answer) => {
    const asked = waiting.shift();
    'error' in said ? asked?.reject(said.error) : asked?.resolve(said.answer);
    // Only an answer it owes keeps the process alive.
    if (waiting.length === 0) worker.unref();
  });
  return {
    ask: (name, argument) => ask({ name, argument }) as never,
    close: async () => {
      await ask({ name: 'close' });
      await worker.terminate();
    },
  };

  function ask(question: Question): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    waiting.push(answer);
    worker.ref();
    worker.postMessage(question);
    return answer.promise;
  }
}

/** The other end. */
export function serve(tasks: Tasks): void {
  const port = parentPort;
  port?.on('message', ({ name, argument }: Question) => port.postMessage(answerOf(() => tasks[name]?.(argument as never))));
  port?.postMessage('ready');
}

function answerOf(task: () => unknown): Answer {
  try {
    return { answer: task() };
  } catch (error) {
    return { error };
  }
}
