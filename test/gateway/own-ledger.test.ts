// The gateway's own recording in the retention ledger, over months of simulated time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Hole } from '#contract/footage.ts';
import { createLedgerOf } from '../../gateway/ledger.ts';
import { type Stretch, without } from '../../gateway/recorders/spans.ts';
import { silentLog as log } from '../silent-log.ts';

const hour = 3_600_000;
const day = 24 * hour;
const began = Date.UTC(2026, 7, 1, 4);
let folder: string;
let at: number;
/** What lies on the disk. */
let kept: Stretch[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const settings = { id: 'own', name: 'Own', folder: '/footage', cameras: ['stove'], minDays: 30, keepFreeGigabytes: 5, segmentSeconds: 300 };
const ledgerIn = (maxDays?: number) =>
  createLedgerOf(
    { dataDir: folder, recorders: [], recording: { ...settings, ...(maxDays === undefined ? {} : { maxDays }) } },
    { now: () => at, log },
  );

function look({ ledger }: ReturnType<typeof ledgerIn>, days = 40) {
  const told = ledger.take('own', { from: at - days * day, to: at }, (asked) => ({
    method: 'own-recording',
    utcOffsetMinutes: 480,
    aheadMs: 0,
    exact: true,
    complete: true,
    held: [{ recording: 'stove', camera: 'stove', parts: [{ asked, stretches: kept, complete: true }] }],
  }));
  expect(told.complete).toBe(true);
  return told.recordings[0];
}

/** Records and looks every six hours; `keeps` is how long footage stays, days. */
function goOn(own: ReturnType<typeof ledgerIn>, { until, keeps }: { until: number; keeps: number }) {
  let told = look(own);
  while (at < until) {
    at += 6 * hour;
    kept = without([{ from: kept[0]?.from ?? at, to: at }], [{ from: 0, to: at - keeps * day }]);
    told = look(own);
  }
  return told;
}

function begin() {
  at = began + hour;
  kept = [{ from: began, to: at }];
}

test.each<[string, number | undefined, number, Hole['cause']]>([
  ['removed at the most days it may be kept', 35, 35, 'expired'],
  ['removed before, for want of room', 35, 20, 'overwritten'],
  ['removed for want of room where there is no such limit', undefined, 35, 'overwritten'],
])('footage that was %s is told apart', (_, maxDays, keeps, cause) => {
  begin();
  const told = goOn(ledgerIn(maxDays), { until: began + 60 * day, keeps });
  expect(told?.gaps).toEqual([{ from: expect.any(String), to: told?.oldest, cause }]);
});

test('young footage, whole back to its beginning, has no holes', () => {
  begin();
  expect(goOn(ledgerIn(35), { until: began + 12 * day, keeps: 35 })).toMatchObject({
    oldest: new Date(began).toISOString(),
    gaps: [],
    gapCount: 0,
  });
});

test('a hole says what the gateway knows of it, also after a restart', () => {
  begin();
  kept = [0, 1, 2, 3].map((count) => ({ from: began + count * day, to: began + (count + 1) * day - 2 * hour }));
  at = began + 4 * day;
  const { journal } = ledgerIn();
  const hole = (count: number) => ({ device: 'own', from: began + count * day - 2 * hour, to: began + count * day });
  journal.enter({ ...hole(1), cause: 'disk' });
  journal.enter({ ...hole(2), cause: 'recorder-offline' });
  journal.enter({ ...hole(3), cause: 'clock-jump' });
  expect(look(ledgerIn())?.gaps.map(({ cause }) => cause)).toEqual(['disk', 'recorder-offline', 'clock-jump']);
});

test('days of which something was played back are marked', () => {
  begin();
  const own = ledgerIn();
  at = began + 2 * day;
  kept = [{ from: began, to: at }];
  look(own);
  const asked = new Date(began + 20 * hour).toISOString();
  const played = { ok: true as const, value: { played: asked, deviationSeconds: 0, datedBy: 'recorder' as const } };
  const playback = { ok: true as const, value: [{ camera: 'stove', recording: 'stove', asked, played }] };
  own.ledger.played({ kind: 'playback', device: 'own', at: asked, playback });
  expect(
    look(ledgerIn())
      ?.days.filter((one) => one.played === true)
      .map((one) => one.day),
  ).toEqual(['2026-08-02']);
});
