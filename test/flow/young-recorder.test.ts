// A canteen built two weeks ago: from a simulated Hikvision recorder and its disk over the gateway’s looks to what the server says of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { validator } from '#config/validate.ts';
import { Fact } from '#contract/facts.ts';
import type { Gap } from '#contract/gaps.ts';
import type { CanteenSummary, RetentionView } from '#contract/views.ts';
import { judge } from '../../gateway/checks/index.ts';
import type { Settings } from '../../gateway/config.ts';
import { createDevices } from '../../gateway/devices.ts';
import { createLedgerOf } from '../../gateway/ledger.ts';
import { createRegistry } from '../../gateway/registry.ts';
import { assess } from '../../server/compliance/assess.ts';
import { fold } from '../../server/compliance/fold.ts';
import { retentionView } from '../../server/compliance/retention-view.ts';
import type { CanteenState } from '../../server/compliance/state.ts';
import { beat, identity, layout, noon, sound, standard } from '../server/compliance/canteen.ts';
import { silentLog as log } from '../silent-log.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type SimulatedRecorder } from '../simulators/recorder.ts';
import type { SimulatedDisk } from '../simulators/vendors/disk.ts';

const password = 'simulated';
const cameras = layout.cameras.map(({ id }) => id);
const now = () => noon;
const check = validator(Fact);
let media: Media;
let folder: string;
let recorder: SimulatedRecorder;

beforeAll(async () => {
  media = await prepareMedia();
}, 120_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mingzao-young-'));
});
afterEach(async () => {
  await recorder.close();
  rmSync(folder, { recursive: true });
});

/** What the server says once the gateway has looked at a recorder with twelve whole days of each camera, and everything else is sound. */
async function told(disk: Partial<SimulatedDisk>): Promise<{ view: RetentionView | undefined; open: Gap[]; summary: CanteenSummary }> {
  const channels = cameras.map((name) => ({ name, days: 12 }));
  recorder = await createRecorder({ media, vendor: 'hikvision', password, channels, disk, now });
  const [watched] = devices().map((device) => device.watched);
  const plans = [watched?.contact, ...(watched?.others ?? [])].filter((plan) => plan !== undefined && plan.kind !== 'playback');
  let state = sound();
  for (const plan of plans) {
    const observation = await plan?.probe({ signal: AbortSignal.timeout(60_000), now });
    for (const fact of observation === undefined ? [] : judge(observation, 7_200_000)) state = tellServer(state, fact);
  }
  const later = noon + standard.unknownGraceSeconds * 1000;
  const { open, summary } = assess({ canteen: identity, state: beat(state, later), open: [], standard, now: later });
  return { view: retentionView(state, { standard, now: noon, silent: false })[0], open, summary };
}

function devices() {
  const credentials = { username: recorder.username, password };
  const settings: Settings = {
    canteen: identity.id,
    server: { url: 'mqtt://127.0.0.1:1', key: 'none' },
    dataDir: folder,
    zones: layout.zones,
    cameras: [],
    recorders: [{ id: 'nvr', name: 'recorder', address: recorder.onvifUrl, cameras, credentials }],
    intervals: { contact: 10, identity: 3600, stream: 300, picture: 60, footage: 3600, playback: 3600, heartbeat: 30 },
    snapshotEverySeconds: 300,
    events: true,
    retentionDaysAsked: 92,
    outbox: { maxEvents: 1000, maxMegabytes: 10 },
    evidence: { maxMegabytes: 10 },
    log: { level: 'error' },
  };
  const registry = createRegistry({ file: join(folder, 'devices.json'), configured: settings.recorders, log });
  const { ledger } = createLedgerOf(settings, { now, log });
  return createDevices(settings, { registry, ledger, keepPicture: () => Promise.reject(new Error('nothing is played here')), now });
}

let sequence = 1_000_000;

function tellServer(state: CanteenState, data: Fact): CanteenState {
  expect(check(data)).toMatchObject({ ok: true });
  sequence += 1;
  const place = { specversion: '1.0', id: `e1/${sequence}`, source: '/canteens/yingze-1', datacontenttype: 'application/json' } as const;
  const event = { ...place, type: 'cn.mingzao.fact.v1', time: data.observedAt, data, epoch: 'e1', sequence } as const;
  return fold(state, { kind: 'event', event }, noon);
}

/** Three cameras of 2 Mbit/s. */
const usedGigabytes = 12.5 * 64.8;

it('a disk that is large enough is on course, with the date, and neither green nor red', { timeout: 60_000 }, async () => {
  const { view, open, summary } = await told({ capacityGigabytes: 8000, freeGigabytes: 8000 - usedGigabytes });
  expect(view).toMatchObject({
    state: 'on-course',
    keptDays: 12,
    unbrokenDays: 12,
    oldest: '2026-11-10T16:00:00.000Z',
    reachesOn: '2027-02-09',
  });
  expect(view?.bytesMissing).toBeUndefined();
  expect(open.map(({ rule, certainty }) => [rule, certainty])).toEqual([['retention-not-yet-proven', 'unknown']]);
  expect(open[0]?.measured.zh).toContain('预计2027-02-09存满90天');
  expect(summary.verdict).toBe('unknown');
});

it('a disk that is too small will fall short, and is a fault today that says how much is missing', { timeout: 60_000 }, async () => {
  const { view, open, summary } = await told({ capacityGigabytes: 3000, freeGigabytes: 3000 - usedGigabytes });
  expect(view).toMatchObject({ state: 'will-fall-short', keptDays: 12 });
  expect(view?.reachesOn).toBeUndefined();
  expect(view?.holdsDays).toBeCloseTo(46, 0);
  expect((view?.bytesMissing ?? 0) / 1e12).toBeCloseTo(2.9, 1);
  expect(open.map(({ rule, certainty }) => [rule, certainty])).toEqual([['retention-short', 'fault']]);
  expect(open[0]?.fix.en).toMatch(/^(2\.9|3\.0) TB more disk are needed/);
  expect(summary.verdict).toBe('fault');
});

it('a disk that is not overwritten when full is told before recording stops', { timeout: 60_000 }, async () => {
  const { open } = await told({ capacityGigabytes: 8000, freeGigabytes: 8000 - usedGigabytes, overwrites: false });
  expect(open.map(({ rule, certainty }) => [rule, certainty])).toEqual([
    ['retention-not-yet-proven', 'unknown'],
    ['recording-stops-when-full', 'fault'],
  ]);
});
