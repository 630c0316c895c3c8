// Starts, kills and starts again the gateways of the chaos, each behind a line of its own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayNews, GatewayTask } from './gateway.ts';
import { type Decision, readJournal } from './journal.ts';
import { createLine, type Line } from './line.ts';

export interface ChaosGateway {
  canteen: string;
  line: Line;
  start(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** It decides nothing more, apart from each camera once more. */
  enough(): void;
  /** How much the server has not acknowledged, as it told last; undefined: it has not told since it was enough. */
  waiting(): number | undefined;
  /** Only when it does not run. */
  decided(): Decision[];
  close(): Promise<void>;
}

export async function createGateway(
  about: Omit<GatewayTask, 'url' | 'folder'> & { folder: string; mqttPort: number },
): Promise<ChaosGateway> {
  const { mqttPort, ...task } = about;
  const folder = join(about.folder, about.canteen);
  mkdirSync(folder, { recursive: true });
  const line = await createLine(mqttPort);
  let child: ChildProcess | undefined;
  let waiting: number | undefined;

  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  return {
    canteen: about.canteen,
    line,
    start() {
      waiting = undefined;
      child = fork(join(import.meta.dirname, 'gateway.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', (news: GatewayNews) => {
        waiting = news.waiting;
      });
      child.send({ ...task, folder, url: `mqtt://127.0.0.1:${line.port}` } satisfies GatewayTask);
    },
    kill,
    enough: () => void child?.send('enough'),
    waiting: () => waiting,
    decided: () => readJournal(join(folder, 'decided.jsonl')),
    async close() {
      await kill();
      await line.close();
    },
  };
}
