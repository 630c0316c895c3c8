// What the journal of causes makes of what the gateway saw, as a table.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import { causesAmong } from '../../gateway/ledger/causes.ts';
import { createJournal } from '../../gateway/ledger/journal.ts';
import { silentLog as log } from '../silent-log.ts';

const noon = Date.UTC(2026, 10, 23, 4);
const minute = 60_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const journalIn = () => createJournal({ file: join(folder, 'journal.json'), recorders: new Set(['nvr']), own: 'own', log });
const base = (device: string, minutes: number) => {
  const observedAt = new Date(noon + minutes * minute).toISOString();
  return { schemaVersion: 1 as const, device, observedAt, validUntil: observedAt };
};
const contact = (device: string, minutes: number, outcome: 'ok' | 'fault' | 'unknown', fault?: 'no-answer' | 'refused'): Fact => ({
  ...base(device, minutes),
  check: 'reachable',
  outcome,
  ...(fault === undefined ? {} : { fault }),
});
const clock = (minutes: number, offsetSeconds: number): Fact => ({
  ...base('nvr', minutes),
  check: 'clock',
  outcome: 'ok',
  measured: { offsetSeconds, uncertaintySeconds: 0.5 },
});
const disks = (minutes: number, outcome: 'ok' | 'fault'): Fact => ({
  ...base('nvr', minutes),
  check: 'storage',
  outcome,
  ...(outcome === 'fault' ? { fault: 'disk-fault' as const } : {}),
});
const cameraClock = (minutes: number, offsetSeconds: number): Fact => ({ ...clock(minutes, offsetSeconds), device: 'cam' });
const said = (facts: Fact[], device = 'nvr') => {
  const journal = journalIn();
  for (const fact of facts) journal.note([fact]);
  return journal
    .of(device)
    .map(({ cause, from, to }) => [cause, (from - noon) / minute, to === undefined ? undefined : (to - noon) / minute]);
};

test.each<[string, Fact[], string, unknown[]]>([
  ['a camera that is gone for a while', [contact('cam', 1, 'fault'), contact('cam', 9, 'ok')], 'cam', [['camera-offline', 1, 9]]],
  ['a camera that is still gone', [contact('cam', 1, 'fault'), contact('cam', 2, 'fault')], 'cam', [['camera-offline', 1, undefined]]],
  ['not to know is no loss', [contact('cam', 1, 'unknown'), contact('cam', 2, 'ok')], 'cam', []],
  [
    'a recorder without power or network',
    [contact('nvr', 1, 'fault', 'no-answer'), contact('nvr', 5, 'ok')],
    'nvr',
    [['recorder-offline', 1, 5]],
  ],
  [
    'a recorder that starts anew',
    [contact('nvr', 1, 'fault', 'no-answer'), contact('nvr', 2, 'fault', 'refused'), contact('nvr', 4, 'ok')],
    'nvr',
    [['recorder-restart', 1, 4]],
  ],
  [
    'a recorder that refuses for hours',
    [contact('nvr', 1, 'fault', 'refused'), contact('nvr', 240, 'ok')],
    'nvr',
    [['recorder-offline', 1, 240]],
  ],
  ['a clock that drifts', [clock(0, 0), clock(60, 3)], 'nvr', []],
  ['a clock that leaps two minutes', [clock(0, 0), clock(60, 120)], 'nvr', [['clock-jump', -2, 62]]],
  ['a camera’s clock, by which no footage is dated', [cameraClock(0, 0), cameraClock(60, 86_400)], 'cam', []],
  ['the own recording, which enters by itself', [contact('own', 1, 'fault', 'no-answer'), contact('own', 5, 'ok')], 'own', []],
  ['a disk that breaks and is replaced', [disks(1, 'fault'), disks(2, 'fault'), disks(90, 'ok')], 'nvr', [['disk', 1, 90]]],
])('%s', (_, facts, device, expected) => expect(said(facts, device)).toEqual(expected));

test('outlives the gateway, also a loss that goes on meanwhile', () => {
  journalIn().note([contact('cam', 1, 'fault')]);
  const again = journalIn();
  again.note([contact('cam', 30, 'ok')]);
  expect(journalIn().of('cam')).toEqual(again.of('cam'));
  expect(again.of('cam')).toMatchObject([{ cause: 'camera-offline', to: noon + 30 * minute }]);
});

test('what the own recording enters lasts until it is closed, also by the next run of the gateway', () => {
  journalIn().enter({ device: 'own', cause: 'disk', from: noon });
  const again = journalIn();
  again.enter({ device: 'own', cause: 'disk', from: noon + minute });
  again.close('own', 'disk', noon + 5 * minute);
  again.close('own', 'disk', noon + 9 * minute);
  expect(journalIn().of('own')).toEqual([{ device: 'own', cause: 'disk', from: noon, to: noon + 5 * minute }]);
});

test('that cannot be written keeps no fact back', () => {
  const journal = createJournal({ file: join(folder, 'sub', 'journal.json'), recorders: new Set(), log });
  writeFileSync(join(folder, 'sub'), '');
  journal.note([contact('cam', 1, 'fault')]);
  expect(journal.of('cam')).toHaveLength(1);
});

test('a hole has the cause that covers most of it, if that is at least half', () => {
  const entries = [
    { device: 'cam', cause: 'camera-offline' as const, from: noon, to: noon + 20 * minute },
    { device: 'nvr', cause: 'recorder-offline' as const, from: noon + 20 * minute, to: noon + 90 * minute },
    { device: 'nvr', cause: 'disk' as const, from: noon + 600 * minute },
  ];
  const lost = [{ from: noon + 300 * minute, to: noon + 360 * minute }];
  const why = causesAmong(entries, { lost, now: noon + 1200 * minute });
  const hole = (from: number, to: number) => why({ from: noon + from * minute, to: noon + to * minute });
  expect(hole(0, 20)).toBe('camera-offline');
  expect(hole(0, 90)).toBe('recorder-offline');
  expect(hole(0, 280)).toBe('unknown');
  expect(hole(300, 360)).toBe('overwritten');
  expect(
    causesAmong(entries, { lost, expired: noon + 400 * minute, now: noon })({ from: noon + 300 * minute, to: noon + 360 * minute }),
  ).toBe('expired');
  expect(hole(700, 800)).toBe('disk');
});
