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
    sweepSeconds: 5,
    log: { level: 'info' },
  });
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
  ['a log level that is none', { ...minimal, log: { level: 'loud' } }, /log\.level: found "loud", allowed: fatal/],
])('%s is refused in a sentence', (_, config, sentence) => {
  expect(() => load(config)).toThrow(expect.objectContaining({ name: 'SettingsError', message: expect.stringMatching(sentence) }));
});
