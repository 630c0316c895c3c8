// Two whole servers on one PostgreSQL, one InfluxDB, one mosquitto and one folder of pictures, asked over HTTP: whoever opens a page at either sees the same.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { evidenceTopic, topic } from '#contract/topics.ts';
import type { Board } from '#contract/views.ts';
import { firstAdministrator, type SignedIn, signedIn } from '../signed-in.ts';
import { startInflux } from './influx.ts';
import { heartbeat, layout, picture, reachable, sha256 } from './ingest-messages.ts';
import { startMosquitto } from './mosquitto.ts';
import { startPostgres } from './postgres.ts';
import { run, writeConfig } from './server-program.ts';

const canteen = 'qiaodong';
const gatewayKey = 'key-of-the-gateway';
const brokerKey = 'key-of-the-servers';

/** Gives the settings of one more of the servers that share everything, and the port at which the gateway reports. */
async function sharedPlace(): Promise<{ settings: () => string; port: number }> {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const influx = await startInflux();
  onTestFinished(() => influx.close());
  const mosquitto = await startMosquitto({ 'mingzao-server': brokerKey, [canteen]: gatewayKey });
  onTestFinished(() => mosquitto.close());
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = await postgres.createDatabase();
  const telemetry = influx.nameDatabase();
  const secret = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o600);
    return file;
  };
  const about = {
    state: { url: state.url, passwordFile: secret('postgres', state.password) },
    telemetry: { url: telemetry.url, passwordFile: secret('influx', telemetry.password) },
    evidence: { folder: join(folder, 'pictures') },
    mqtt: { broker: { url: `mqtt://mingzao-server@127.0.0.1:${mosquitto.port}`, passwordFile: secret('broker', brokerKey), shared: true } },
  };
  return { settings: () => writeConfig(about, [canteen]), port: mosquitto.port };
}

async function startServer(settings: string) {
  const server = run('--config', settings);
  const { address } = await server.listening();
  return { ...server, address };
}

/** What a page that stays open is told from now on. */
async function openPage(person: SignedIn) {
  const response = await person.fetch('/api/events');
  let told = '';
  const over = (async () => {
    for await (const bytes of response.body ?? []) told += Buffer.from(bytes).toString();
  })().catch(() => undefined);
  return { told: () => told, over };
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 100 });

test('a page at either of two servers sees all that changes, whichever took it in; who is signed in at one is at both, and one goes on alone', async () => {
  const { settings, port } = await sharedPlace();
  const one = await startServer(settings());
  const other = await startServer(settings());
  const atOne = await firstAdministrator(await one.firstLink());
  const atOther = await signedIn(other.address);
  const pages = [await openPage(atOne), await openPage(atOther)];

  const gateway = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: canteen,
    password: gatewayKey,
    clientId: canteen,
  });
  onTestFinished(() => gateway.endAsync(true));
  const tell = (kind: 'heartbeat' | 'events', message: object) =>
    gateway.publishAsync(topic(canteen, kind), JSON.stringify(message), { qos: 1 });
  const now = Date.now();
  await tell('heartbeat', heartbeat(now));
  // Each by itself, so that both servers have their share.
  const told = [layout(1), ...[2, 3, 4, 5].map((sequence) => reachable(sequence, { outcome: 'fault', at: now }))];
  for (const event of told) await tell('events', [event]);
  const bytes = picture(2_000);
  await gateway.publishAsync(evidenceTopic(canteen, sha256(bytes)), bytes, { qos: 1 });

  for (const page of pages) await eventually(() => expect(page.told()).toMatch(/event: gap\ndata: \{[^\n]*"camera-unreachable"/));
  const boards = () => Promise.all([atOne, atOther].map((person) => person.ask<Board>('/api/canteens')));
  await eventually(async () => {
    const [here, there] = await boards();
    expect(here?.canteens[0]).toMatchObject({ id: canteen, cameras: { total: 1 } });
    expect(there?.canteens).toEqual(here?.canteens);
  });
  for (const person of [atOne, atOther])
    await eventually(async () => {
      const seen = await person.fetch(`/api/evidence/${canteen}/${sha256(bytes)}`);
      expect([seen.status, Buffer.from(await seen.arrayBuffer()).equals(bytes)]).toEqual([200, true]);
    });

  // A session is everybody's: ended at one, it is over at the other, and so is the page that is open there.
  const { name, value } = atOther.browserCookie;
  const elsewhere = (path: string, method = 'GET') =>
    fetch(one.address + path, { method, headers: { cookie: `${name}=${value}`, 'x-mingzao': '1' } });
  expect((await elsewhere('/api/canteens')).status).toBe(200);
  expect((await elsewhere('/api/sign-out', 'POST')).ok).toBe(true);
  await eventually(async () => expect((await atOther.fetch('/api/canteens')).status).toBe(401));
  await pages[1]?.over;

  other.child.kill('SIGKILL');
  await other.exited;
  await tell('events', [reachable(6, { at: Date.now() })]);
  await eventually(() => expect(pages[0]?.told()).toMatch(/"camera-unreachable"[^\n]*"status":"closed"/));
});
