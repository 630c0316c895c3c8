// The retention ledger against simulated recorders, over days of simulated time.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FootageMeasured } from '#contract/footage.ts';
import { createCauses } from '../../gateway/ledger/causes.ts';
import { type DeviceLedger, emptyLedger, ledgerKey, markedPlayed, noted } from '../../gateway/ledger/device-ledger.ts';
import { createJournal } from '../../gateway/ledger/journal.ts';
import { createLedger } from '../../gateway/ledger/ledger.ts';
import { createOnvifSession, type OnvifSession } from '../../gateway/onvif/session.ts';
import { readFootage } from '../../gateway/recorders/index.ts';
import type { Stretch } from '../../gateway/recorders/spans.ts';
import { silentLog as log } from '../silent-log.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from '../simulators/recorder.ts';

const hour = 3_600_000;
const day = 24 * hour;
let media: Media;
let recorder: SimulatedRecorder;
let folder: string;
let at: number;
const now = () => at;

beforeAll(async () => {
  media = await prepareMedia();
});
beforeEach(() => {
  at = Date.UTC(2026, 10, 23, 4, 0, 0);
  folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
});
afterEach(async () => {
  await recorder.close();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<RecorderOptions>) {
  const channels = [{ name: 'cam-stove', days: 95, gaps: [{ daysAgo: 3, from: '08:00', to: '09:30' }, { daysAgo: 20 }] }];
  recorder = await createRecorder({ media, channels, now, ...options });
}

/** Counts what the recorder is asked; `onRequest` may change how it is meanwhile. */
function counted(onRequest: (count: number) => Promise<void> = async () => undefined): { session: OnvifSession; asked(): number } {
  const { username, password } = recorder;
  const session = createOnvifSession({ address: recorder.onvifUrl, credentials: { username, password }, now });
  let count = 0;
  const tick = async () => {
    count += 1;
    await onRequest(count);
  };
  const counting: OnvifSession = {
    ...session,
    call: async (...about) => {
      await tick();
      return session.call(...about);
    },
    fetch: async (...about) => {
      await tick();
      return session.fetch(...about);
    },
  };
  return { session: counting, asked: () => count };
}

const question = (days = 92) => ({
  window: { from: at - days * day, to: at },
  signal: AbortSignal.timeout(60_000),
  cameras: ['cam-stove'],
});
const ledgerIn = (causeOf = createCauses({ journal: { of: () => [] }, now })) =>
  createLedger({ folder: join(folder, 'ledger'), causeOf, now, log });
/** As without a ledger: causes are its own. */
const plainly = ({ recordings, ...measured }: FootageMeasured) => ({
  ...measured,
  recordings: recordings.map((recording) => ({ ...recording, gaps: recording.gaps.map(({ from, to }) => ({ from, to })) })),
});

describe.each(['profile-g', 'hikvision', 'dahua', 'uniview'] as const)('the ledger of a %s recorder', (kind) => {
  const options = kind === 'profile-g' ? {} : { vendor: kind };
  const span = kind === 'profile-g' ? 92 : 24;
  const look = (ledger = ledgerIn(), { session } = counted(), days = span) => ledger.read('nvr', session, question(days));
  const settle = async (ledger = ledgerIn(), days = span) => {
    // Dahua refuses where it holds nothing: that counts only when it comes twice.
    for (let times = 0; times < 2; times += 1) await look(ledger, counted(), days);
  };

  test('tells after one look, or two, what the recorder tells when asked for everything', async () => {
    await start(options);
    const ledger = ledgerIn();
    await settle(ledger);
    const told = await look(ledger);
    expect(told.complete).toBe(true);
    expect(plainly(told)).toEqual(await readFootage(counted().session, question(span)));
    expect(told.recordings[0]?.gaps).toMatchObject([{ cause: 'unknown' }, { cause: 'unknown' }]);
    expect(told.recordings[0]?.days.map(({ state }) => state)).toEqual(
      Array.from({ length: span + 1 }, (_, index) => (index === span - 20 ? 'missing' : index === span - 3 ? 'partly' : 'kept')),
    );
  });

  test('asks little at the next look, also of a gateway that was killed meanwhile', async () => {
    await start(options);
    const everything = counted();
    await readFootage(everything.session, question(span));
    await settle();
    at += hour;
    const next = counted();
    expect(await look(ledgerIn(), next)).toMatchObject({ complete: true });
    expect(next.asked()).toBeLessThanOrEqual(kind === 'profile-g' ? 12 : everything.asked() / 4);
  });

  test('has asked for every day again within a day and a half, and finds what was overwritten', async () => {
    await start({ ...options, channels: [{ name: 'cam-stove', days: 14 }] });
    const ledger = ledgerIn();
    await settle(ledger, 20);
    expect((await look(ledger, counted(), 20)).recordings[0]).toMatchObject({ oldest: '2026-11-08T16:00:00.000Z', gapCount: 0 });
    for (let looked = 0; looked < 32; looked += 4) {
      at += 4 * hour;
      await settle(ledger, 20);
    }
    const told = await look(ledger, counted(), 20);
    expect(told.complete).toBe(true);
    expect(told.recordings[0]).toMatchObject({
      oldest: '2026-11-09T16:00:00.000Z',
      gaps: [{ from: '2026-11-08T16:00:00.000Z', to: '2026-11-09T16:00:00.000Z', cause: 'overwritten' }],
    });
  });

  test('holds nothing against a recorder that is young', async () => {
    await start({ ...options, channels: [{ name: 'cam-stove', days: 5 }] });
    const ledger = ledgerIn();
    await settle(ledger);
    const told = await look(ledger);
    expect(told).toMatchObject({ complete: true, recordings: [{ oldest: '2026-11-17T16:00:00.000Z', gapCount: 0, gaps: [] }] });
    expect(told.recordings[0]?.days.filter(({ state }) => state === 'kept')).toHaveLength(6);
  });

  test('does not hide that the recorder answers no more', async () => {
    await start(options);
    await settle();
    await recorder.faults.set('unplugged');
    await expect(look()).rejects.toMatchObject({ fault: 'refused' });
  });

  test('is in doubt of every day when the recorder’s clock has jumped, until it was asked for again', async () => {
    await start(options);
    await settle();
    await recorder.faults.set('clock-ahead', 3600);
    const next = counted();
    await look(ledgerIn(), next);
    expect(next.asked()).toBeGreaterThan(kind === 'profile-g' ? 8 : span);
    expect((await look()).complete).toBe(true);
  });

  test('knows a recorder that stopped two days ago as one that has nothing of these days', async () => {
    await start({ ...options, channels: [{ name: 'cam-stove', days: 95, gaps: [{ daysAgo: 1 }, { daysAgo: 0 }] }] });
    const ledger = ledgerIn();
    await settle(ledger);
    const told = await look(ledger);
    expect(told).toMatchObject({ complete: true, recordings: [{ newest: '2026-11-21T16:00:00.000Z' }] });
    expect(told.recordings[0]?.days.slice(-3).map(({ state }) => state)).toEqual(['kept', 'missing', 'missing']);
  });
});

test('a hole in which the recorder was not to record without a break is laid to its schedule, and no other', async () => {
  const gaps = [
    { daysAgo: 2, from: '22:00', to: '24:00' },
    { daysAgo: 4, from: '00:00', to: '07:30' },
    { daysAgo: 5, from: '12:00', to: '13:00' },
  ];
  await start({ vendor: 'hikvision', channels: [{ name: 'cam-stove', days: 95, gaps }] });
  const causes = async () => (await ledgerIn().read('nvr', counted().session, question(8))).recordings[0]?.gaps.map(({ cause }) => cause);
  expect(await causes()).toEqual(['unknown', 'unknown', 'unknown']);
  await recorder.faults.set('short-schedule');
  expect(await causes()).toEqual(['unknown', 'schedule', 'schedule']);
});

describe('a look that ends too early', () => {
  test('a week after the last that did not leaves nothing known but what it was told itself', async () => {
    await start({ vendor: 'hikvision' });
    const ask = ({ session } = counted()) => ledgerIn().read('nvr', session, question(20));
    expect((await ask()).complete).toBe(true);
    at += 8 * day;
    const cut = counted((count) => (count === 60 ? recorder.faults.set('busy') : Promise.resolve()));
    const states = (await ask(cut)).recordings[0]?.days.map(({ state }) => state) ?? [];
    expect(states.slice(-2)).toEqual(['kept', 'kept']);
    expect(states).toContain('unknown');
  });

  test('leaves days unknown, never missing, and the next one goes on', async () => {
    await start({ vendor: 'hikvision' });
    const cut = counted((count) => (count === 200 ? recorder.faults.set('busy') : Promise.resolve()));
    const told = await ledgerIn().read('nvr', cut.session, question());
    const states = told.recordings[0]?.days.map(({ state }) => state) ?? [];
    expect(told.complete).toBe(false);
    expect(states.filter((state) => state === 'unknown').length).toBeGreaterThan(10);
    expect(states.slice(-2)).toEqual(['kept', 'kept']);
    expect(told.recordings[0]?.gaps.every(({ cause }) => cause !== 'overwritten')).toBe(true);
    await recorder.faults.clear('busy');
    expect((await ledgerIn().read('nvr', counted().session, question())).complete).toBe(true);
  });

  test('is no look at all where it does not even tell of today', async () => {
    await start({ vendor: 'hikvision' });
    await recorder.faults.set('footage-truncated');
    const told = await ledgerIn().read('nvr', counted().session, question(5));
    expect(told.complete).toBe(false);
    expect(told.recordings[0]?.days.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'unknown'));
  });
});

test('a recorder that tells the ends only is told of as before, and proves nothing', async () => {
  await start({ channels: [{ name: 'cam-stove', days: 30 }] });
  await recorder.faults.set('no-find-events');
  const told = await ledgerIn().read('nvr', counted().session, question());
  expect(told).toMatchObject({ method: 'profile-g-ends', complete: false, recordings: [{ oldest: '2026-10-23T16:00:00.000Z' }] });
  expect(readdirSync(folder)).toEqual([]);
});

test('what was played back is marked at its day, and stays so', async () => {
  await start({});
  const ledger = ledgerIn();
  await ledger.read('nvr', counted().session, question());
  const sample = { camera: 'cam-stove', recording: 'Recording_1' };
  const value = { played: '', deviationSeconds: 0, datedBy: 'recorder' as const, sha256: '' };
  ledger.played({
    kind: 'playback',
    device: 'nvr',
    at: new Date(at).toISOString(),
    playback: {
      ok: true,
      value: [
        { ...sample, asked: '2026-11-02T05:00:00.000Z', played: { ok: true, value } },
        { ...sample, asked: '2026-11-05T05:00:00.000Z', played: { ok: false, fault: 'stalled', detail: '' } },
      ],
    },
  });
  at += day + hour;
  const told = await ledgerIn().read('nvr', counted().session, question());
  expect(told.recordings[0]?.days.filter(({ played }) => played === true).map((one) => one.day)).toEqual(['2026-11-02']);
});

test('what was played back of a day is no proof any more where its footage is gone', () => {
  const asked = { from: Date.UTC(2026, 10, 2), to: Date.UTC(2026, 10, 3) };
  const told = (stretches: Stretch[]) => ({
    ...{ method: 'profile-g', utcOffsetMinutes: 0, aheadMs: 0, complete: true },
    held: [{ recording: 'R1', camera: undefined, parts: [{ asked, stretches, complete: true }] }],
  });
  const heard = noted(emptyLedger(0), told([asked]), { windows: [asked], at });
  const played = markedPlayed(heard, [{ recording: 'R1', camera: undefined, at: asked.from + hour }]);
  const dayOf = (ledger: DeviceLedger) => ledger.recordings[ledgerKey('profile-g', 'R1')]?.days['2026-11-02'];
  expect(dayOf(noted(played, told([asked]), { windows: [asked], at }))).toMatchObject({ played: true });
  expect(dayOf(noted(played, told([]), { windows: [asked], at }))).not.toHaveProperty('played');
});

test('a damaged ledger is moved aside, and learnt anew', async () => {
  await start({});
  await ledgerIn().read('nvr', counted().session, question());
  writeFileSync(join(folder, 'ledger', 'nvr.json'), '{"schemaVersion":1,');
  expect((await ledgerIn().read('nvr', counted().session, question())).complete).toBe(true);
  expect(readdirSync(join(folder, 'ledger')).toSorted()).toEqual(['nvr.json', 'nvr.json.damaged']);
});

test('a hole has the cause that the gateway saw', async () => {
  await start({});
  const journal = createJournal({ file: join(folder, 'journal.json'), recorders: new Set(['nvr']), log });
  const seen = (observedAt: string, outcome: 'ok' | 'fault') =>
    ({ schemaVersion: 1, check: 'reachable', device: 'cam-stove', outcome, observedAt, validUntil: observedAt }) as const;
  // 3 days ago from 8 to half past nine in China.
  journal.note([seen('2026-11-20T00:00:20.000Z', 'fault')]);
  journal.note([seen('2026-11-20T01:30:20.000Z', 'ok')]);
  const told = await ledgerIn(createCauses({ journal, now })).read('nvr', counted().session, question());
  expect(told.recordings[0]?.gaps.map(({ cause }) => cause)).toEqual(['unknown', 'camera-offline']);
});
