import { expect, test } from 'vitest';
import { judge } from '../../gateway/checks/index.ts';
import type { Settings } from '../../gateway/config.ts';
import { createDevices, type DevicesDeps } from '../../gateway/devices.ts';
import type { Registry } from '../../gateway/registry.ts';
import { noLedger } from './no-ledger.ts';
import { bodyOf, clockAnswer, httpDevice, soap } from './onvif-raw-device.ts';

const settings: Settings = {
  canteen: 'c1',
  server: { url: 'mqtt://127.0.0.1:1883', key: 'key' },
  dataDir: '/nowhere',
  zones: [],
  cameras: [
    {
      id: 'hall-1',
      name: 'hall',
      zones: [],
      address: 'https://127.0.0.1:1',
      credentials: { username: 'mingzao', password: 'secret' },
      certificateFingerprint: 'ab'.repeat(32),
    },
  ],
  recorders: [],
  intervals: { contact: 10, identity: 60, stream: 300, picture: 60, footage: 60, playback: 60, heartbeat: 30 },
  snapshotEverySeconds: 300,
  events: true,
  retentionDaysAsked: 92,
  outbox: { maxEvents: 1000, maxMegabytes: 10 },
  evidence: { maxMegabytes: 10 },
  log: { level: 'error' },
};

const nothing = () => undefined;
const registry: Registry = {
  serialOf: () => 'S1',
  addressOf: nothing,
  pin: nothing,
  moved: nothing,
  refusalOf: nothing,
  refused: nothing,
  forgetRefusal: nothing,
};
const deps: DevicesDeps = {
  registry,
  ledger: noLedger,
  keepPicture: () => Promise.reject(new Error('nothing is seen here')),
  now: Date.now,
};

test('a device with a registered certificate is not looked for where none can be shown, nor told our password there', async () => {
  let asked = 0;
  await using stranger = await httpDevice((_, response) => {
    asked += 1;
    response.end();
  });
  const [camera] = createDevices(settings, deps);
  expect(await camera?.serialAt(stranger.address, AbortSignal.timeout(5000))).toMatchObject({ ok: false, fault: 'certificate' });
  expect(asked).toBe(0);
});

test('every closer look at another device in its place says that it is another', async () => {
  await using stranger = await httpDevice(async (request, response) => {
    const isClock = (await bodyOf(request)).includes('GetSystemDateAndTime');
    const identity = soap('<r:GetDeviceInformationResponse><SerialNumber>S2</SerialNumber></r:GetDeviceInformationResponse>');
    response.end(isClock ? clockAnswer(Date.now()) : identity);
  });
  const cameras = settings.cameras.map(({ certificateFingerprint: _, ...camera }) => ({ ...camera, address: stranger.address }));
  const [device] = createDevices({ ...settings, cameras }, deps);
  for (const plan of device?.watched.others ?? []) {
    const facts = judge(await plan.probe({ signal: AbortSignal.timeout(5000), now: Date.now }), 60_000);
    expect([plan.kind, facts[0]?.fault]).toEqual([plan.kind, 'wrong-device']);
  }
});
