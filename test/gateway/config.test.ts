// The gateway's settings: the example is complete and valid, and each mistake is told in a sentence that helps.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { SettingsError } from '#config/settings.ts';
import { GatewayConfig, loadSettings } from '../../gateway/config.ts';

const example = join(import.meta.dirname, '../../config/gateway.example.yaml');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  mkdirSync(join(folder, 'secrets'));
  for (const name of ['server.key', 'cameras.password', 'recorder.password']) writeFileSync(join(folder, 'secrets', name), `the ${name}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const minimal = () => ({
  canteen: 'canteen-1',
  server: { url: 'mqtt://127.0.0.1:1883', keyFile: 'secrets/server.key' },
  zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
  cameras: [{ id: 'camera-1', name: 'Stove', zones: ['cooking'], address: 'http://127.0.0.1:8000' }],
});

function load(config: object) {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, stringify(config));
  return loadSettings(file);
}

/** The text of the example, with the plan it names beside it. */
function loadExample(text: string) {
  copyFileSync(join(dirname(example), 'plan.example.json'), join(folder, 'plan.example.json'));
  writeFileSync(join(folder, 'gateway.yaml'), text);
  return loadSettings(join(folder, 'gateway.yaml'));
}

test('the example is loaded, its secrets read and its paths made absolute', () => {
  const settings = loadExample(readFileSync(example, 'utf8'));
  expect(settings.server).toEqual({ url: 'mqtts://mingzao.example.org:8883' });
  expect(settings.dataDir).toBe(join(folder, 'data'));
  expect(settings.cameras[0]).toMatchObject({ id: 'dining-1', credentials: { username: 'mingzao', password: 'the cameras.password' } });
  expect(settings.plan?.cameras).toHaveLength(3);
  expect(settings.recorders[0]).toMatchObject({
    cameras: ['dining-1', 'cooking-1', 'cleaning-1'],
    recordings: { 'cleaning-1': 'Recording_003' },
  });
});

test('the example shows every setting, each at its default where it has one', () => {
  const shown = parse(uncommented(readFileSync(example, 'utf8')));
  expect(Object.keys(shown).toSorted()).toEqual(Object.keys(GatewayConfig.properties).toSorted());
  for (const part of ['intervals', 'outbox', 'log', 'discovery', 'recording'] as const)
    expect(Object.keys(shown[part]).toSorted()).toEqual(Object.keys(GatewayConfig.properties[part].properties).toSorted());
  const { intervals, outbox, retentionDaysAsked, log } = load(minimal());
  expect(shown).toMatchObject({ intervals, outbox, retentionDaysAsked, log });
});

test('the own recording of the example is valid once it is uncommented, and each default is the one shown', () => {
  const { recording } = loadExample(uncommented(readFileSync(example, 'utf8')));
  expect(recording).toMatchObject({ folder: '/srv/mingzao/footage', cameras: ['dining-1', 'cooking-1', 'cleaning-1'], maxDays: 120 });
  const { id, minDays, keepFreeGigabytes, segmentSeconds } = recording ?? {};
  const { recording: bare } = load({ ...minimal(), recording: { name: 'Own', folder: 'footage', cameras: ['camera-1'] } });
  expect(bare).toEqual({
    ...{ id, minDays, keepFreeGigabytes, segmentSeconds },
    ...{ name: 'Own', folder: join(folder, 'footage'), cameras: ['camera-1'] },
  });
});

/** What stands there commented out: most canteens have a recorder, and nobody who reads metrics. */
const uncommented = (text: string) => text.replaceAll(/^# (recording:|metrics:| {2})/gm, '$1');

const [camera] = minimal().cameras;
const own = { name: 'Own', folder: 'footage', cameras: ['camera-1'] };
const room = {
  id: 'cooking',
  kind: 'cooking',
  polygon: [
    [0, 0],
    [8, 0],
    [8, 6],
    [0, 6],
  ],
  planes: [0],
};
const eye = { id: 'camera-1', position: [0, 0, 3], horizontalFov: 90, resolution: [1920, 1080], projection: 'rectilinear' };
const recorder = { id: 'recorder-1', name: 'Recorder', address: '127.0.0.1', cameras: ['camera-1'] };

test.each<[string, object, RegExp]>([
  [
    'a server on another machine where nothing is encrypted',
    { server: { url: 'mqtt://10.0.0.5:1883', keyFile: 'secrets/server.key' } },
    /server\.url: found "mqtt:\/\/10\.0\.0\.5:1883", allowed: mqtts:\/\//,
  ],
  ['neither a key nor a certificate', { server: { url: 'mqtt://127.0.0.1:1883' } }, /without keyFile; allowed: mqtts:.*gateway enrol/],
  ['an unknown key', { camera: [] }, /unknown key "camera"; allowed: canteen, server/],
  [
    'a zone that is not there',
    { cameras: [{ ...camera, zones: ['kitchen'] }] },
    /"camera-1" watches the zone "kitchen", which is not there; known: cooking/,
  ],
  [
    'an own recording of a camera that is not there',
    { recording: { ...own, cameras: ['camera-2'] } },
    /recording: it keeps the camera "camera-2"/,
  ],
  [
    'a camera recorded twice',
    { recording: { ...own, cameras: ['camera-1', 'camera-1'] } },
    /recording.cameras: the id "camera-1" stands there twice/,
  ],
  ['an own recording called like a camera', { recording: { ...own, id: 'camera-1' } }, /the id "camera-1" stands there twice/],
  [
    'days the wrong way round',
    { recording: { ...own, maxDays: 30 } },
    /recording.maxDays: found 30, allowed: 91 \(a day more than recording.minDays\) or more/,
  ],
  ['files shorter than a picture group', { recording: { ...own, segmentSeconds: 1 } }, /segmentSeconds/],
  ['one id twice', { recorders: [{ ...recorder, id: 'camera-1' }] }, /the id "camera-1" stands there twice/],
  ['a zone twice', { zones: [...minimal().zones, ...minimal().zones] }, /zones: the id "cooking" stands there twice/],
  [
    'a camera that is not there',
    { recorders: [{ ...recorder, cameras: ['camera-2'] }] },
    /"recorder-1" keeps the camera "camera-2", which is not there/,
  ],
  [
    'a recording of no camera of it',
    { recorders: [{ ...recorder, recordings: { 'camera-2': 'R1' } }] },
    /recording of the camera "camera-2"/,
  ],
  ['an address that is none', { cameras: [{ ...camera, address: 'rtsp://127.0.0.1' }] }, /the address of "camera-1" must be http:/],
  ['a user name without a password', { cameras: [{ ...camera, username: 'admin' }] }, /"camera-1" needs both username and passwordFile/],
  [
    'a password file that is not there',
    { cameras: [{ ...camera, username: 'admin', passwordFile: 'secrets/none' }] },
    /cameras.0.passwordFile: .*secrets\/none: there is no such file/,
  ],
  [
    'a server that is no MQTT address',
    { server: { url: 'http://127.0.0.1', keyFile: 'secrets/server.key' } },
    /server.url: .*mqtt:\/\/host:port/,
  ],
  [
    'the look that became two',
    { intervals: { sample: 60 } },
    /intervals: unknown key "sample"; allowed: contact, identity, stream, picture/,
  ],
  [
    'opening hours that end before they begin',
    { openingHours: { monday: ['20:00-06:00'] } },
    /openingHours: 20:00-06:00 ends before it begins/,
  ],
  ['an interval out of range', { intervals: { contact: 1 } }, /intervals.contact: found 1, .*2 to 300 seconds/],
])('%s is told as such', (_, change, sentence) => {
  expect(() => load({ ...minimal(), ...change })).toThrow(SettingsError);
  expect(() => load({ ...minimal(), ...change })).toThrow(sentence);
});

test('a password inside an address is refused without being quoted', () => {
  const problem = (change: object) => {
    try {
      load({ ...minimal(), cameras: [{ ...camera, ...change }] });
    } catch (error) {
      return String(error);
    }
    return 'nothing was wrong';
  };
  expect(problem({ address: 'http://admin:hunter2@127.0.0.1' })).toMatch(/without user name and password/);
  expect(problem({ address: 'http://admin:hunter2@127.0.0.1' })).not.toContain('hunter2');
});

test.each<[string, object, RegExp]>([
  [
    'a zone nobody knows',
    { zones: [{ ...room, id: 'attic' }] },
    /plan\.json: plan: it draws the zone "attic", which is not there; known: cooking/,
  ],
  ['a camera nobody knows', { cameras: [{ ...eye, id: 'eye' }] }, /it draws the camera "eye", which is not there; known: camera-1/],
  ['no camera', { cameras: [] }, /the camera "camera-1" of the settings is not drawn/],
  [
    'another kind of zone',
    { zones: [{ ...room, kind: 'dining' }] },
    /the zone "cooking" is drawn as dining, and is cooking in the settings/,
  ],
  ['a camera without a lens', { cameras: [{ ...eye, projection: 'omnidirectional' }] }, /"camera-1" is omnidirectional/],
  [
    'a crossing',
    {
      zones: [
        {
          ...room,
          polygon: [
            [0, 0],
            [8, 6],
            [8, 0],
            [0, 6],
          ],
        },
      ],
    },
    /zones\.0 "cooking": its polygon crosses itself/,
  ],
])('a plan with %s is refused', (_, change, sentence) => {
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ zones: [room], cameras: [eye], ...change }));
  expect(() => load({ ...minimal(), plan: 'plan.json' })).toThrow(sentence);
});
