// The server as a program of its own, with settings of its own, for the tests that start, stop and kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, onTestFinished, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { reachable } from './ingest-messages.ts';

const root = join(import.meta.dirname, '../..');

/** Gives the name of a settings file in a folder of its own; `about` replaces top-level keys. */
export function writeConfig(about: object = {}, canteens: string[] = ['qiaodong']): string {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'keys'));
  for (const id of canteens) writeFileSync(join(folder, 'keys', id), `key-of-${id}\n`);
  const config = {
    ...{ listen: { port: 0 }, mqtt: { listen: { port: 0 } }, standard: join(root, 'config/standards/taiyuan-community-2022.yaml') },
    canteens: canteens.map((id) => ({ id, name: '桥东', district: '迎泽区', gatewayKeyFile: `keys/${id}` })),
    ...about,
  };
  const file = join(folder, 'server.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

export function run(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'server/main.ts'), ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => ({ code, out, err }));
  const listening = async () => {
    await vi.waitFor(() => expect(out + err).toContain('"listening"'), 60_000);
    const lines = out
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    return lines.find(({ msg }) => msg === 'listening') as { address: string; mqtt: string };
  };
  const firstLink = () => vi.waitFor(() => out.match(/http\S+\/welcome#\S+/)?.[0] ?? Promise.reject(new Error('no link yet')), 20_000);
  return { child, exited, listening, firstLink };
}

/** Sends the same events from the first one on, as fast as they are confirmed; `acknowledged` is how far the server says it has stored them. */
export async function startSender(mqttUrl: string, canteen = 'qiaodong') {
  const client = await mqtt.connectAsync(mqttUrl, { username: canteen, password: `key-of-${canteen}`, reconnectPeriod: 0 });
  client.on('error', () => undefined);
  let acknowledged = 0;
  client.on('message', (_, payload) => {
    acknowledged = JSON.parse(payload.toString()).data.sequence;
  });
  await client.subscribeAsync(topic(canteen, 'ack'), { qos: 1 });
  let stopping = false;
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const sending = send();
  return {
    /** Resolves when the server has ended the connection, and all it had said before is read. */
    ended,
    acknowledged: () => acknowledged,
    stop: async () => {
      stopping = true;
      await client.endAsync(true);
      await sending;
    },
  };

  async function send(): Promise<void> {
    for (let from = 1; !stopping; from += 50) {
      const batch = Array.from({ length: 50 }, (_, index) => reachable(from + index));
      const sent = await client.publishAsync(topic(canteen, 'events'), JSON.stringify(batch), { qos: 1 }).catch(() => undefined);
      if (sent === undefined) return;
    }
  }
}
