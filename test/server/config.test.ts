// The server's settings: the example is complete, and a mistake is told in one sentence.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadSettings, ServerConfig } from '../../server/config.ts';

const configFolder = join(import.meta.dirname, '../../config');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  cpSync(join(configFolder, 'standards'), join(folder, 'standards'), { recursive: true });
  const standard = readFileSync(join(configFolder, 'standards/taiyuan-community-2022.yaml'), 'utf8');
  writeFileSync(join(folder, 'standards/twice.yaml'), standard.replace('kind: cooking', 'kind: dining'));
  mkdirSync(join(folder, 'keys'));
  writeFileSync(join(folder, 'keys/database'), 'the-secret\n');
  for (const id of ['yingze-qiaodong', 'wanbailin-heping']) writeFileSync(join(folder, 'keys', id), `secret of ${id}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const minimal = { standard: 'standards/taiyuan-community-2022.yaml', canteens: [] };
const canteen = { id: 'yingze-qiaodong', name: '桥东', district: '迎泽区', gatewayKeyFile: 'keys/yingze-qiaodong' };

function load(config: unknown) {
  const file = join(folder, 'server.yaml');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return loadSettings(file);
}

describe('the example', () => {
  const text = readFileSync(join(configFolder, 'server.example.yaml'), 'utf8');

  test('loads', () => {
    const settings = load(text);
    expect(settings.canteens.map(({ id }) => id)).toEqual(['yingze-qiaodong', 'wanbailin-heping']);
    expect(settings.standard.id).toBe('taiyuan-community-2022');
    expect(settings.pages).toBe(join(folder, '../dashboards/dist'));
  });

  test('names every setting there is', () => {
    expect(Object.keys(parse(text)).toSorted()).toEqual(Object.keys(ServerConfig.properties).toSorted());
  });
});

test('what is left out has its default', () => {
  expect(load(minimal)).toMatchObject({
    listen: { host: '127.0.0.1', port: 8080 },
    mqtt: { listen: { host: '127.0.0.1', port: 1883 } },
    dataDir: join(folder, 'data'),
    state: { url: `sqlite:${join(folder, 'data/state.db')}` },
    telemetry: { url: `sqlite:${join(folder, 'data/telemetry.db')}` },
    sweepSeconds: 5,
    log: { level: 'info' },
  });
});

test('a database is named by its URL, and its password stands in a file', () => {
  const { state, telemetry } = load({
    ...minimal,
    state: { url: 'postgres://mingzao@db.example/mingzao', passwordFile: 'keys/database' },
    telemetry: { url: 'http://mingzao@influx.example:8086/mingzao', passwordFile: 'keys/database' },
  });
  expect(state).toEqual({ url: 'postgres://mingzao@db.example/mingzao', password: 'the-secret' });
  expect(telemetry).toMatchObject({ url: 'http://mingzao@influx.example:8086/mingzao', password: 'the-secret' });
});

test.each(['state', 'telemetry'])('a password in the URL of %s is refused without being told', (key) => {
  const url = key === 'state' ? 'postgres://mingzao:the-secret@db/mingzao' : 'http://mingzao:the-secret@db/mingzao';
  const refusal = () => load({ ...minimal, [key]: { url } });
  expect(refusal).toThrow(new RegExp(`${key}\\.url: it holds a password; put that into a file and name it in ${key}\\.passwordFile$`));
  expect(refusal).not.toThrow(/the-secret/);
});

test('a plain listener for other machines is allowed where a proxy adds TLS, and TLS anywhere', () => {
  const tls = { certificateFile: 'tls/cert.pem', keyFile: 'tls/key.pem' };
  expect(load({ ...minimal, listen: { host: '10.0.0.5', behindProxy: true } }).listen).toMatchObject({ host: '10.0.0.5' });
  const { listen, authority } = load({ ...minimal, listen: { tls } });
  expect(listen).toMatchObject({
    host: '127.0.0.1',
    tls: { host: '0.0.0.0', port: 8443, files: { keyFile: join(folder, 'tls/key.pem') } },
  });
  expect(authority).toEqual({ folder: join(folder, 'data/authority'), names: [], gatewayDays: 90 });
});

test('of a key only its digest is kept', () => {
  const settings = load({ ...minimal, canteens: [canteen] });
  expect(settings.canteens[0]?.keySha256).toEqual(createHash('sha256').update('secret of yingze-qiaodong').digest());
  expect(JSON.stringify(settings)).not.toContain('secret of');
});

test.each<[what: string, config: unknown, sentence: RegExp]>([
  ['a port that is none', { ...minimal, listen: { port: 80800 } }, /listen\.port: found 80800, it must be <= 65535 \(0 to 65535/],
  ['an unknown key', { ...minimal, prot: 1 }, /unknown key "prot"; allowed: listen, mqtt/],
  ['no standard', { canteens: [] }, /the key "standard" is missing/],
  ['a standard that is not there', { ...minimal, standard: 'nowhere.yaml' }, /nowhere\.yaml: there is no such file/],
  [
    'a standard that asks for a zone twice',
    { ...minimal, standard: 'standards/twice.yaml' },
    /twice\.yaml: zones: the kind "dining" stands there twice/,
  ],
  ['an age that is none', { ...minimal, keep: { eventsDays: 0 } }, /keep\.eventsDays: found 0, it must be >= 1 \(how many days the events/],
  ['an id that is none', { ...minimal, canteens: [{ ...canteen, id: '桥东' }] }, /canteens\.0\.id: found "桥东"/],
  [
    'a key file that is not there',
    { ...minimal, canteens: [{ ...canteen, gatewayKeyFile: 'keys/none' }] },
    /canteens\.0\.gatewayKeyFile: .*no such file/,
  ],
  [
    'two canteens of one id',
    { ...minimal, canteens: [canteen, { ...canteen, gatewayKeyFile: 'keys/wanbailin-heping' }] },
    /two canteens have the id/,
  ],
  [
    'two canteens with one key',
    { ...minimal, canteens: [canteen, { ...canteen, id: 'other' }] },
    /"yingze-qiaodong" and "other" have the same gateway key/,
  ],
  [
    'a database of no known kind',
    { ...minimal, state: { url: 'mysql://db/mingzao' } },
    /state\.url: it begins with none of sqlite:, postgres:/,
  ],
  ['a database without a name', { ...minimal, telemetry: { url: 'http://db:8086' } }, /telemetry\.url: it names no database/],
  [
    'a broker of no known kind',
    { ...minimal, mqtt: { broker: { url: 'amqp://b' } } },
    /mqtt\.broker\.url: it begins with none of mqtt:, mqtts:/,
  ],
  [
    'a broker’s password in its URL',
    { ...minimal, mqtt: { broker: { url: 'mqtt://s:secret@b' } } },
    /mqtt\.broker\.url: it holds a password; put/,
  ],
  [
    'a plain listener for other machines',
    { ...minimal, listen: { host: '0.0.0.0' } },
    /listen\.host: found "0\.0\.0\.0", allowed: an address of this machine only .*listen\.tls, or listen\.behindProxy/,
  ],
  ['plain MQTT for other machines', { ...minimal, mqtt: { listen: { host: '10.0.0.5' } } }, /mqtt\.listen\.host: .* set mqtt\.tls/],
  [
    'TLS beside a proxy, where anybody could claim an address',
    { ...minimal, listen: { behindProxy: true, tls: {} } },
    /listen: found behindProxy and tls together, allowed: one of them/,
  ],
  ['half a certificate', { ...minimal, listen: { tls: { keyFile: 'k' } } }, /listen\.tls: it needs both certificateFile and keyFile/],
  ['a name that is none', { ...minimal, authority: { names: ['a b'] } }, /authority\.names\.0: found "a b"/],
  ['a log level that is none', { ...minimal, log: { level: 'loud' } }, /log\.level: found "loud", allowed: fatal/],
])('%s is refused in a sentence', (_, config, sentence) => {
  expect(() => load(config)).toThrow(expect.objectContaining({ name: 'SettingsError', message: expect.stringMatching(sentence) }));
});
