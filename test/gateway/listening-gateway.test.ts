// Configured cameras under the real supervisor: what they tell is a fact at once, and being listened to costs them no look and no account.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import { now, sleep } from '../../gateway/clock.ts';
import type { Settings } from '../../gateway/config.ts';
import { createDevices } from '../../gateway/devices.ts';
import { createRegistry } from '../../gateway/registry.ts';
import { createSupervisor, type Supervisor } from '../../gateway/supervise.ts';
import { silentLog } from '../silent-log.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { noLedger } from './no-ledger.ts';

let media: Media;
let folder: string;
let camera: SimulatedCamera;
let line: Awaited<ReturnType<typeof countingLine>>;
let closers: (() => Promise<unknown>)[];

beforeAll(async () => {
  media = await prepareMedia();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mingzao-listening-'));
  camera = await createCamera({ media });
  // Behind a translated address, so that everything asked over HTTP comes by the line that counts.
  await camera.faults.set('wrong-xaddr');
  line = await countingLine(camera.port);
  closers = [() => line.close(), () => camera.close()];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** Passes bytes on to a port of this machine, and counts the connections there are at once. */
async function countingLine(port: number) {
  const seen = { open: 0, most: 0, all: 0 };
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    seen.open += 1;
    seen.all += 1;
    seen.most = Math.max(seen.most, seen.open);
    from.on('close', () => {
      seen.open -= 1;
      to.destroy();
    });
    to.on('close', () => from.destroy());
    for (const socket of [from, to]) socket.on('error', () => socket.destroy());
    from.pipe(to).pipe(from);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return { seen, address: `http://127.0.0.1:${own}`, close: async () => void server.close() };
}

function gateway(password = camera.password): {
  supervisor: Supervisor;
  stop(): Promise<void>;
  at(check: Fact['check']): Fact | undefined;
} {
  const settings: Settings = {
    canteen: 'c1',
    server: { url: 'mqtt://127.0.0.1:1883', key: 'key' },
    dataDir: folder,
    zones: [],
    cameras: [{ id: 'camera-1', name: 'camera', zones: [], address: line.address, credentials: { username: camera.username, password } }],
    recorders: [],
    intervals: { contact: 2, identity: 60, stream: 3600, picture: 3600, footage: 60, playback: 60, heartbeat: 30 },
    events: true,
    snapshotEverySeconds: 300,
    retentionDaysAsked: 92,
    outbox: { maxEvents: 1000, maxMegabytes: 10 },
    evidence: { maxMegabytes: 10 },
    log: { level: 'error' },
  };
  const registry = createRegistry({
    file: join(folder, 'devices.json'),
    configured: [{ id: 'camera-1', address: line.address }],
    log: silentLog,
  });
  const devices = createDevices(settings, { registry, ledger: noLedger, keepPicture: async () => '', now }).map(({ watched }) => watched);
  const supervisor = createSupervisor({ devices, emit: () => {}, now, sleep, random: () => 0, log: silentLog });
  const abort = new AbortController();
  const running = supervisor.run(abort.signal);
  const stop = async () => {
    abort.abort();
    await running;
  };
  closers.push(stop);
  return { supervisor, stop, at: (check) => supervisor.present().find((fact) => fact.check === check) };
}

const soon = { timeout: 30_000, interval: 50 };
const asLooked = (fact: Fact | undefined) => Date.parse(fact?.observedAt ?? '1970-01-01T00:00:00Z');

describe('a camera that is listened to', { timeout: 90_000 }, () => {
  test('is looked at in the moment it tells of tampering, with three connections at most, and gets its subscription back', async () => {
    const { at, stop } = gateway();
    await vi.waitFor(() => expect([at('tamper')?.outcome, at('picture')?.outcome]).toEqual(['ok', 'ok']), soon);
    const before = asLooked(at('picture'));
    camera.fire('cover', true);
    await vi.waitFor(() => expect(at('tamper')).toMatchObject({ outcome: 'fault', fault: 'tampered' }), soon);
    // The next look would only have come in an hour.
    await vi.waitFor(() => expect(asLooked(at('picture'))).toBeGreaterThan(before), soon);
    await stop();
    expect(camera.subscriptions()).toBe(0);
    expect(line.seen.most).toBeLessThanOrEqual(3);
  });

  test('with a refused password is asked nothing any more that needs one, by this gateway and the next', async () => {
    const first = gateway('wrong');
    await vi.waitFor(() => expect(first.at('stream')).toMatchObject({ fault: 'credentials-refused' }), soon);
    await first.stop();
    await camera.faults.set('locked'); // whoever is asked for a password now says so
    const second = gateway('wrong');
    await vi.waitFor(() => expect(second.at('stream')).toMatchObject({ fault: 'credentials-refused' }), soon);
    expect(second.at('reachable')?.outcome).toBe('ok');
    await second.stop();
    await camera.faults.clear('locked');
    const third = gateway();
    await vi.waitFor(() => expect(third.at('identity')?.outcome).toBe('ok'), soon);
  });
});
