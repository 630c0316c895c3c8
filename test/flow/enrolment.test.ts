// From a claim code to facts over mutual TLS, and what a revoked certificate, an expiring one and strangers come to: real programs, real TLS.
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readSettings } from '#config/settings.ts';
import type { GatewayCanteen, NewClaimCode } from '#contract/gateways.ts';
import { Standard } from '#contract/standard.ts';
import type { CanteenView } from '#contract/views.ts';
import type { Settings as GatewaySettings } from '../../gateway/config.ts';
import { runEnrol } from '../../gateway/enrol.ts';
import { runGateway } from '../../gateway/main.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { firstAdministrator } from '../signed-in.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';

const patient = { timeout: 30_000, interval: 50 };
const canteen = { id: 'yingze-1', name: '迎泽社区食堂', district: '迎泽区' };
const local = { host: '127.0.0.1', port: 0 };
const dayMs = 86_400_000;

let camera: SimulatedCamera;
beforeAll(async () => {
  camera = await createCamera({ media: await prepareMedia(), username: 'mingzao', password: 'kitchen' });
});
afterAll(() => camera.close());

async function start({ certificateLivesMs = 90 * dayMs } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-enrolment-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'server');
  const server: RunningServer = await startServer(
    {
      listen: { ...local, tls: local },
      mqtt: { listen: local, tls: local },
      authority: { folder: join(dataDir, 'authority'), names: [], gatewayDays: certificateLivesMs / dayMs },
      dataDir,
      evidence: { folder: join(dataDir, 'evidence') },
      state: { url: `sqlite:${join(dataDir, 'state.db')}` },
      telemetry: { url: `sqlite:${join(dataDir, 'telemetry.db')}`, queuePointsMax: 1000 },
      standard: readSettings('config/standards/taiyuan-community-2022.yaml', Standard),
      pages: '/nowhere',
      sweepSeconds: 1,
      keep: {
        ...{ eventsDays: 1, closedGapsDays: 1, evidenceDays: 1, evidenceMegabytesPerCanteen: 1 },
        ...{ telemetryRawDays: 1, telemetryHourlyDays: 1 },
      },
      sessions: { idleHours: 1, longestDays: 1 },
      canteens: [],
      log: { level: 'error' },
    },
    pino({ level: 'silent' }),
  );
  onTestFinished(() => server.stop());
  const { secure } = server;
  const administrator = await firstAdministrator(server.firstLink ?? '');
  const ask = <Answer>(path: string, body?: object) => administrator.ask<Answer>(path, body && { method: 'POST', body });
  await ask('/api/canteens', canteen);
  const gatewayDir = join(folder, 'gateway');
  return {
    ...{ server, secure, gatewayDir, ask },
    newCode: () => ask<NewClaimCode>(`/api/canteens/${canteen.id}/claim-code`, {}),
    certificates: async () => (await ask<{ canteens: GatewayCanteen[] }>('/api/gateways')).canteens[0]?.certificates ?? [],
    connected: async () => (await ask<{ connections: { gateways: number } }>('/api/health/details')).connections.gateways,
    factsSince: async (at: number) => {
      const { devices } = await ask<CanteenView>(`/api/canteens/${canteen.id}`);
      return devices.flatMap(({ facts }) => facts).filter(({ observedAt }) => Date.parse(observedAt) > at);
    },
    enrol: (claim: Pick<NewClaimCode, 'code' | 'fingerprint'>, now = Date.now) =>
      enrolCommand(['--server', secure.address ?? '', '--data-dir', gatewayDir, ...words(claim)], now),
    runGateway: () => startGateway(gatewayDir, secure.mqtt ?? ''),
  };
}

function words({ code, fingerprint }: Pick<NewClaimCode, 'code' | 'fingerprint'>): string[] {
  return ['--code', code, '--fingerprint', fingerprint];
}

/** The command in this process: starting one takes longer than all it does. */
async function enrolCommand(args: string[], now = Date.now): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runEnrol(args, {
    stdout: (line) => {
      said.out += `${line}\n`;
    },
    stderr: (line) => {
      said.err += `${line}\n`;
    },
    signal: new AbortController().signal,
    now,
  });
  return { code, ...said };
}

function startGateway(dataDir: string, url: string) {
  const stop = new AbortController();
  const reasons: string[] = [];
  const note = (about: object) => void ('reason' in about && reasons.push(String(about.reason)));
  const log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const account = { credentials: { username: 'mingzao', password: 'kitchen' } };
  const settings: GatewaySettings = {
    canteen: canteen.id,
    server: { url },
    dataDir,
    zones: [{ id: 'cooking', kind: 'cooking', name: '烹饪间' }],
    cameras: [{ id: 'camera', name: '灶台', zones: ['cooking'], address: camera.onvifUrl, ...account }],
    recorders: [],
    intervals: { contact: 2, identity: 60, stream: 60, picture: 60, footage: 60, playback: 60, heartbeat: 5 },
    snapshotEverySeconds: 300,
    events: false,
    retentionDaysAsked: 92,
    outbox: { maxEvents: 1000, maxMegabytes: 10 },
    evidence: { maxMegabytes: 10 },
    log: { level: 'error' },
  };
  const running = runGateway(settings, { signal: stop.signal, log });
  const stopped = async () => {
    stop.abort();
    await running;
  };
  onTestFinished(stopped);
  return { reasons, stop: stopped };
}

test('a code makes a gateway known, revocation ends its session within seconds, and a new code brings it back', async () => {
  const { ask, enrol, newCode, certificates, connected, factsSince, gatewayDir, runGateway: run } = await start();
  const { code, fingerprint } = await newCode();
  const enrolled = await enrol({ code: code.toLowerCase().replace('-', ' '), fingerprint });
  expect(enrolled).toMatchObject({ code: 0, out: expect.stringContaining('enrolled as the gateway of "yingze-1"'), err: '' });
  expect(enrolled.out).toMatch(/server: \{ url: mqtts:\/\/127\.0\.0\.1:\d+ \}/);
  expect(statSync(join(gatewayDir, 'identity.pem')).mode & 0o777).toBe(0o600);

  const gateway = run();
  await vi.waitFor(async () => expect(await factsSince(0)).not.toEqual([]), patient);
  const [first] = await certificates();
  expect(first?.state).toBe('in-use');
  expect([await connected(), gateway.reasons]).toEqual([1, []]);

  await ask(`/api/certificates/${first?.serial}/revoke`, {});
  await vi.waitFor(async () => expect(await connected()).toBe(0), { timeout: 5_000, interval: 50 });
  await vi.waitFor(() => expect(gateway.reasons).toContainEqual(expect.stringContaining('was revoked or replaced')), patient);
  await gateway.stop(); // it would try again by itself, within half a minute
  const revokedAt = Date.now();

  expect(await enrol(await newCode())).toMatchObject({ code: 0 });
  run();
  await vi.waitFor(async () => expect(await factsSince(revokedAt)).not.toEqual([]), patient);
  expect((await certificates()).map(({ state }) => state)).toEqual(['in-use', 'revoked']);
}, 90_000);

test('a gateway gets its next certificate by itself, and the old one counts until the new one is used', async () => {
  const { enrol, newCode, certificates, connected, runGateway: run } = await start({ certificateLivesMs: 16_000 });
  await enrol(await newCode());
  const { reasons } = run();
  await vi.waitFor(async () => expect((await certificates()).map(({ state }) => state)).toEqual(['in-use', 'replaced']), patient);
  await vi.waitFor(async () => expect(await connected()).toBe(1), patient);
  expect(reasons).toEqual([]);
}, 60_000);

test('a code is refused in a sentence when it is wrong, used, another canteen’s, or shown to the wrong server or by a wrong clock', async () => {
  const { ask, enrol, newCode, server } = await start();
  const { code, fingerprint } = await newCode();
  const wrong = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`;
  const other = fingerprint.startsWith('0') ? `1${fingerprint.slice(1)}` : `0${fingerprint.slice(1)}`;
  expect(await enrol({ code: wrong, fingerprint })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/there is no such code/),
  });
  expect(await enrol({ code, fingerprint: other })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/does not show the authority of this fingerprint.*it may be somebody else/s),
  });
  await expect(ask('/api/enrol', { code, request: 'none', canteen: 'heping-1' })).rejects.toThrow(
    /this code is for the canteen \\"yingze-1\\"/,
  );
  await expect(ask('/api/enrol', { code, request: 'none' })).rejects.toThrow(/no certificate request/);
  expect(await enrol({ code, fingerprint })).toMatchObject({ code: 0 });
  expect(await enrol({ code, fingerprint })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/was used already/),
  });
  expect(await enrol(await newCode(), () => Date.now() + dayMs)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/the clock of this machine says .* and that of the server .*: set the clock, and ask for a new code/),
  });
  const plain = await enrolCommand(['--server', 'http://10.0.0.1', ...words({ code, fingerprint }), '--data-dir', '/nowhere']);
  expect(plain).toMatchObject({ code: 2, err: expect.stringMatching(/allowed: https:\/\/host:port, or http:\/\/ on this machine only/) });
  expect(server.address).toMatch(/^http:/);
}, 60_000);

test('strangers on every open port get nothing and break nothing, and the gateway beside them goes on', async () => {
  const { enrol, newCode, connected, factsSince, server, runGateway: run } = await start();
  await enrol(await newCode());
  run();
  await vi.waitFor(async () => expect(await connected()).toBe(1), patient);
  const noise = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 97 + (index >> 3)) % 256));
  const tlsHello = Buffer.from([0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00]);
  const ports = [server.address, server.mqtt, server.secure.address, server.secure.mqtt].map((url) => Number(new URL(url ?? '').port));
  for (const port of ports)
    for (const bytes of [noise, tlsHello, Buffer.from('GET / HTTP/1.0\r\n'), undefined]) {
      const socket = connectSocket(port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      if (bytes !== undefined) socket.write(bytes);
    }
  const at = Date.now();
  await vi.waitFor(async () => expect(await factsSince(at)).not.toEqual([]), patient);
  expect(await connected()).toBe(1);
}, 60_000);
