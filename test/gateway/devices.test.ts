import { expect, test } from 'vitest';
import type { Settings } from '../../gateway/config.ts';
import { createDevices } from '../../gateway/devices.ts';
import type { Registry } from '../../gateway/registry.ts';
import { noLedger } from './no-ledger.ts';
import { httpDevice } from './onvif-raw-device.ts';

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

test('a device with a registered certificate is not looked for where none can be shown, nor told our password there', async () => {
  let asked = 0;
  await using stranger = await httpDevice((_, response) => {
    asked += 1;
    response.end();
  });
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
  const [camera] = createDevices(settings, {
    registry,
    ledger: noLedger,
    keepPicture: () => Promise.reject(new Error('nothing is seen here')),
    now: Date.now,
  });
  expect(await camera?.serialAt(stranger.address, AbortSignal.timeout(5000))).toMatchObject({ ok: false, fault: 'certificate' });
  expect(asked).toBe(0);
});
