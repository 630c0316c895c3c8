// What ninety days with two thousand holes cost the gateway: one recorder with Profile G, simulated in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLedger } from '../../gateway/ledger/ledger.ts';
import { createOnvifSession, type OnvifSession } from '../../gateway/onvif/session.ts';
import { silentLog as log } from '../../test/silent-log.ts';
import type { Figure } from './figure.ts';

const days = 90;
const holes = 2000;
const dayMs = 86_400_000;
const account = { username: 'bench', password: 'simulated-only' };

/** Rejects where the simulator cannot be started. */
export async function ledger(say: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  const simulator = spawn(process.execPath, ['scripts/simulate.ts', descriptionIn(folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const address = await addressOf(simulator);
    say(`a recorder with ${days} days and ${holes} holes answers at ${address}`);
    return await figures(address, folder);
  } finally {
    simulator.kill();
    rmSync(folder, { recursive: true });
  }
}

/** The holes are spread over two channels, because one may not have so many. */
function descriptionIn(folder: string): string {
  const file = join(folder, 'canteen.yaml');
  const perDay = Math.ceil(holes / 2 / days);
  const clock = (minute: number) => [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
  const gaps = Array.from({ length: holes / 2 }, (_, index) => {
    const minute = 5 + (index % perDay) * 100;
    return { daysAgo: 1 + Math.floor(index / perDay), from: clock(minute), to: clock(minute + 10) };
  });
  const channels = ['one', 'two'].map((name) => ({ name, days: 95, gaps }));
  const device = { id: 'recorder', kind: 'recorder', ...account, channels };
  writeFileSync(file, JSON.stringify({ host: '127.0.0.1', controlPort: 0, devices: [device] }));
  return file;
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the simulator says nothing');
  for await (const line of createInterface({ input: stdout })) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/onvif\S*/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('the simulator ended without an address');
}

async function figures(address: string, folder: string): Promise<Figure[]> {
  const { session, asked } = counting(createOnvifSession({ address, credentials: account, now: Date.now }));
  const kept = createLedger({ folder, causeOf: () => () => () => 'unknown', now: Date.now, log });
  const look = async () => {
    const [before, since] = [asked(), process.cpuUsage()];
    const window = { from: Date.now() - days * dayMs, to: Date.now() };
    const told = await kept.read('recorder', session, { window, signal: AbortSignal.timeout(120_000), cameras: ['one', 'two'] });
    const { user, system } = process.cpuUsage(since);
    const found = told.recordings.reduce((sum, { gapCount }) => sum + gapCount, 0);
    return { complete: told.complete, found, seconds: (user + system) / 1e6, requests: asked() - before };
  };
  const [first, next] = [await look(), await look()];
  if (!first.complete || !next.complete) throw new Error('the recorder did not tell everything');
  return [
    { metric: 'holes found in 90 days', value: first.found, unit: 'holes', goal: `>=${holes - 24}` },
    { metric: 'first look, CPU of the gateway', value: round(first.seconds), unit: 's', goal: '<=5' },
    { metric: 'first look, requests', value: first.requests, unit: 'requests', goal: '<=200' },
    { metric: 'next look, CPU of the gateway', value: round(next.seconds), unit: 's', goal: '<=1' },
    { metric: 'next look, requests', value: next.requests, unit: 'requests', goal: '<=40' },
  ];
}

function counting(session: OnvifSession): { session: OnvifSession; asked(): number } {
  let count = 0;
  const call: OnvifSession['call'] = (...about) => {
    count += 1;
    return session.call(...about);
  };
  return { session: { ...session, call }, asked: () => count };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
