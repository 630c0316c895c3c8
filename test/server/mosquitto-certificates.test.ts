// The mosquitto settings we ship, in a real mosquitto: gateways known by their certificates, and the revocation list heeded.
import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { createOutsideBroker } from '../../server/broker-outside.ts';
import { type Authority, openAuthority } from '../../server/identity/authority.ts';
import { writeBrokerCertificate } from '../../server/identity/broker-certificate.ts';
import { openRevocationList } from '../../server/identity/revocation-list.ts';
import { silent } from './app-parts.ts';
import { issuedGateway, type TestGateway } from './gateway-certificates.ts';
import { freePort, programFolder, type StartedProgram, start, unprivileged } from './started-program.ts';

const as = unprivileged('mosquitto');
const folder = programFolder(as);
const tls = join(folder.path, 'tls');
const authorityFolder = join(folder.path, 'authority');
const password = 'the server’s own';

let authority: Authority;
let ports: { gateways: number; server: number };
let mosquitto: StartedProgram;

beforeAll(async () => {
  authority = await openAuthority({ folder: authorityFolder, now: Date.now });
  await writeBrokerCertificate({ folder: tls, names: ['127.0.0.1'] }, { authorityFolder, say: () => undefined, now: Date.now });
  await revoke();
  ports = { gateways: await freePort(), server: await freePort() };
  copyFileSync('config/mosquitto.example.acl', join(folder.path, 'mosquitto.example.acl'));
  writeFileSync(join(folder.path, 'passwords'), '');
  execFileSync('mosquitto_passwd', ['-b', join(folder.path, 'passwords'), 'mingzao-server', password], { stdio: 'ignore' });
  const shipped = readFileSync('config/mosquitto.example.conf', 'utf8');
  const settings = shipped
    .replaceAll('/etc/mosquitto', folder.path)
    .replace('listener 8883', `listener ${ports.gateways} 127.0.0.1`)
    .replace('listener 1883', `listener ${ports.server}`);
  writeFileSync(join(folder.path, 'mosquitto.conf'), settings);
  mkdirSync(tls, { recursive: true });
  hand(folder.path);
  hand(tls);
  const program = existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto';
  mosquitto = start(program, ['-c', join(folder.path, 'mosquitto.conf')], as);
  await vi
    .waitFor(() => expect(mosquitto.said()).toMatch(/running/), { timeout: 20_000, interval: 50 })
    .catch(() => {
      throw new Error(mosquitto.said());
    });
});
afterAll(async () => {
  await mosquitto.stop();
  folder.remove();
});

/** What the server writes at a revocation, brought to where mosquitto reads it. */
async function revoke(...revoked: { serial: string }[]): Promise<void> {
  const list = openRevocationList({ folder: authorityFolder, authority, log: silent, now: Date.now });
  await list.write(revoked.map(({ serial }) => ({ serial, at: Date.now() })));
  copyFileSync(join(authorityFolder, 'crl.pem'), join(tls, 'crl.pem'));
}

function hand(path: string): void {
  const { uid, gid } = as;
  if (uid === undefined || gid === undefined) return;
  for (const name of readdirSync(path)) if (name !== 'authority') chownSync(join(path, name), uid, gid);
}

async function connect(gateway?: TestGateway): Promise<MqttClient> {
  const client = mqtt.connect(`mqtts://127.0.0.1:${ports.gateways}`, {
    ...{ ca: authority.certificate, ...(gateway && { key: gateway.key, cert: gateway.certificate }) },
    ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 5_000 },
  });
  onTestFinished(() => void client.end(true));
  client.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error('the connection was closed')));
  });
  return client;
}

async function listen() {
  const received: string[] = [];
  const broker = createOutsideBroker({
    ...{ url: `mqtt://mingzao-server@127.0.0.1:${ports.server}`, password, shared: false, log: silent, now: Date.now },
    refuses: () => undefined,
    onConnect: () => undefined,
    onMessage: async ({ canteen, kind, payload }) => void received.push(`${canteen} ${kind} ${payload}`),
  });
  onTestFinished(() => broker.close());
  await vi.waitFor(() => expect(broker.hearing()).toBe(true), { timeout: 10_000 });
  return { broker, received };
}

test('a gateway is who its certificate says, is told what is for it, and may ask for its next certificate', async () => {
  const { broker, received } = await listen();
  const gateway = await connect(await issuedGateway(authority, 'qiaodong'));
  const heard: string[] = [];
  gateway.on('message', (name, payload) => heard.push(`${name} ${payload}`));
  await gateway.subscribeAsync([topic('qiaodong', 'certificate'), topic('heping', 'certificate')], { qos: 1 }).catch(() => undefined);
  await gateway.publishAsync(topic('heping', 'events'), 'foreign', { qos: 1 });
  await gateway.publishAsync(topic('qiaodong', 'certificate-request'), 'own', { qos: 1 });
  await vi.waitFor(() => expect(received).toEqual(['qiaodong certificate-request own']));
  await broker.publish(topic('heping', 'certificate'), { for: 'heping' }, { retain: false });
  await broker.publish(topic('qiaodong', 'certificate'), { for: 'qiaodong' }, { retain: false });
  await vi.waitFor(() => expect(heard).toEqual([`${topic('qiaodong', 'certificate')} {"for":"qiaodong"}`]));
});

test('nobody gets in without a certificate of the authority, nor with one on the revocation list', async () => {
  const [good, bad] = [await issuedGateway(authority, 'qiaodong'), await issuedGateway(authority, 'heping')];
  await expect(connect()).rejects.toThrow();
  const elsewhere = await openAuthority({ folder: join(folder.path, 'elsewhere'), now: Date.now });
  await expect(connect(await issuedGateway(elsewhere, 'qiaodong'))).rejects.toThrow();
  await connect(bad);
  await revoke(bad);
  hand(tls);
  process.kill(mosquitto.pid, 'SIGHUP');
  await vi.waitFor(() => expect(connect(bad)).rejects.toThrow('closed'), { timeout: 10_000, interval: 200 });
  await connect(good);
});
