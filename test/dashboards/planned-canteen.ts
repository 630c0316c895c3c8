// A canteen with a floor plan, pictures, three months of footage and a history, to show on the page under test.
import type { Fact, FactOf } from '#contract/facts.ts';
import type { FootageDay, Hole, RecordingMeasured } from '#contract/footage.ts';
import type { PictureAspects } from '#contract/picture.ts';
import type { CanteenView, DeviceView, History } from '#contract/views.ts';
import { gapOf, later, summaryOf, zone } from './district.ts';
import { coverageAt, plan } from './planned-coverage.ts';

export const canteen = 'hepinglu';
const dayMs = 86_400_000;
const shanghaiMs = 8 * 3_600_000;

/** The calendar day so many days before that of `at`, where the canteen is. */
export function dayBefore(at: string, days: number): string {
  return new Date(Date.parse(at) + shanghaiMs - days * dayMs).toISOString().slice(0, 10);
}

/** An instant of that day, where the canteen is. */
export function onDay(at: string, days: number, clock: string): string {
  return new Date(Date.parse(`${dayBefore(at, days)}T${clock}:00Z`) - shanghaiMs).toISOString();
}

/** How many days ago the day with holes was, and how many holes the recorder has of the stove's camera. */
export const brokenDay = 12;
export const holesOfStove = 240;

function recordingOf(
  at: string,
  camera: string,
  about: { from: number; holes: (Hole & { daysAgo: number })[]; gapCount?: number },
): RecordingMeasured {
  const { from, holes } = about;
  const missing = (daysAgo: number) =>
    holes.filter((hole) => hole.daysAgo === daysAgo).reduce((sum, hole) => sum + (Date.parse(hole.to) - Date.parse(hole.from)) / 1000, 0);
  const sinceMidnight = (Date.parse(at) - Date.parse(onDay(at, 0, '00:00'))) / 1000;
  const days = Array.from({ length: 92 }, (_, index): FootageDay => {
    const daysAgo = 91 - index;
    const expectedSeconds = daysAgo === 0 ? sinceMidnight : 86_400;
    const recordedSeconds = daysAgo > from ? 0 : daysAgo === 0 ? expectedSeconds - 1500 : 86_400 - missing(daysAgo);
    return { day: dayBefore(at, daysAgo), expectedSeconds, recordedSeconds, ...(daysAgo % 30 === 2 && { played: true }) };
  });
  return {
    ...{ camera, recording: `r-${camera}`, oldest: onDay(at, from, '00:00'), newest: later(at, -1500), days },
    gaps: holes.map(({ daysAgo: _, ...hole }) => hole),
    gapCount: about.gapCount ?? holes.length,
  };
}

function footageAt(at: string): FactOf<'footage'> {
  return {
    ...{
      schemaVersion: 1,
      check: 'footage',
      device: 'recorder-1',
      outcome: 'ok',
      observedAt: later(at, -1200),
      validUntil: later(at, 3600),
    },
    measured: {
      ...{ method: 'profile-g-events', complete: true, from: onDay(at, 91, '00:00'), to: at },
      recordings: [
        recordingOf(at, 'hall-1', { from: 91, holes: [] }),
        recordingOf(at, 'cook-1', {
          from: 91,
          gapCount: holesOfStove,
          holes: [
            { daysAgo: 40, from: onDay(at, 40, '00:00'), to: onDay(at, 39, '00:00'), cause: 'recorder-offline' },
            { daysAgo: brokenDay, from: onDay(at, brokenDay, '09:10'), to: onDay(at, brokenDay, '09:51'), cause: 'camera-offline' },
            { daysAgo: brokenDay, from: onDay(at, brokenDay, '14:30'), to: onDay(at, brokenDay, '16:00'), cause: 'disk' },
          ],
        }),
        recordingOf(at, 'wash-1', { from: 55, holes: [] }),
      ],
    },
  };
}

/** The canteen at `at`; `jpegs` are the SHA-256 of its pictures by camera. */
export function plannedCanteen(at: string, jpegs: Record<string, string>): CanteenView {
  const hood = gapOf(at, {
    id: `${canteen}/zone-coverage-short/cooking`,
    ...{ canteen, rule: 'zone-coverage-short', zone: 'cooking', severity: 'critical', openedAt: later(at, -7200) },
    measured: { zh: '烹饪间覆盖 87.8%，2.6 平方米看不到', en: 'The kitchen is covered to 87.8%; 2.6 m² are not seen' },
    required: { zh: '制餐区无死角', en: 'No dead angle in the cooking zone' },
    cause: { zh: '悬挂的油烟罩挡住了左侧墙角', en: 'The hanging hood hides the left corner' },
    fix: { zh: '从另一侧加装一台摄像头', en: 'Add a camera on the other side' },
  });
  const clock = gapOf(at, {
    id: `${canteen}/clock-off/wash-1`,
    ...{ canteen, rule: 'clock-off', device: 'wash-1', deviceName: '洗消间1号', severity: 'minor' },
    measured: { zh: '时钟慢 75 秒', en: 'The clock is 75 s behind' },
    required: { zh: '时钟误差不超过 5 秒', en: 'The clock is off by not more than 5 s' },
  });
  const { device: _d, deviceName: _n, ...ofZone } = hood;
  const summary = summaryOf(at, {
    ...{ id: canteen, name: '和平路社区食堂', district: '万柏林区', verdict: 'fault', openGaps: 2, worstSeverity: 'critical' },
    zones: [
      zone('dining', 'ok'),
      zone('cooking', 'fault', { zh: '有 2.6 平方米看不到', en: '2.6 m² are not seen' }),
      zone('cleaning', 'ok'),
    ],
    cameras: { total: 3, healthy: 3 },
  });
  return {
    ...{ at, summary, gaps: [ofZone, clock] },
    layout: {
      schemaVersion: 1,
      zones: [
        { id: 'hall', kind: 'dining', name: '就餐大厅' },
        { id: 'stove', kind: 'cooking', name: '烹饪间' },
        { id: 'wash', kind: 'cleaning', name: '洗消间' },
      ],
      cameras: [
        { id: 'hall-1', name: '就餐大厅1号', zones: ['hall'] },
        { id: 'cook-1', name: '烹饪间1号', zones: ['stove'] },
        { id: 'wash-1', name: '洗消间1号', zones: ['wash'] },
      ],
      recorders: [{ id: 'recorder-1', name: '录像机', cameras: ['hall-1', 'cook-1', 'wash-1'] }],
      plan,
    },
    devices: devicesAt(at, jpegs),
    coverage: coverageAt(at),
    retention: [
      {
        ...{ camera: 'hall-1', recorder: 'recorder-1', state: 'proven', requiredDays: 90, keptDays: 90, unbrokenDays: 90 },
        oldest: onDay(at, 91, '00:00'),
      },
      {
        ...{ camera: 'cook-1', recorder: 'recorder-1', state: 'fell-short', requiredDays: 90, keptDays: 88, unbrokenDays: 11 },
        oldest: onDay(at, 91, '00:00'),
      },
      {
        ...{ camera: 'wash-1', recorder: 'recorder-1', state: 'on-course', requiredDays: 90, keptDays: 55, unbrokenDays: 55 },
        reachesOn: dayBefore(at, -35),
      },
    ],
  };
}

const turnedAside: PictureAspects = {
  black: { outcome: 'ok', samples: 0 },
  covered: { outcome: 'ok', samples: 0, lumaSpread: 96 },
  frozen: { outcome: 'ok', samples: 0, clock: 'runs', repeated: false },
  moved: { outcome: 'fault', samples: 5, reference: 'day', likenessPercent: 20 },
  blurred: { outcome: 'suspect', samples: 1 },
  'colour-cast': { outcome: 'fault', samples: 4, cast: 60 },
};

function devicesAt(at: string, jpegs: Record<string, string>): DeviceView[] {
  const camera = (
    id: string,
    name: string,
    place: string,
    about: { offsetSeconds?: number; fault?: 'no-answer'; aspects?: PictureAspects } = {},
  ): DeviceView => {
    const seen = { schemaVersion: 1, device: id, observedAt: later(at, -20), validUntil: later(at, 300) } as const;
    const jpeg = jpegs[id];
    const facts: Fact[] = [
      { ...seen, check: 'reachable', outcome: 'ok', measured: { address: '192.168.1.21:80', roundTripMs: 12 } },
      { ...seen, check: 'clock', outcome: 'ok', measured: { offsetSeconds: about.offsetSeconds ?? 0.4, uncertaintySeconds: 0.2 } },
      {
        ...{ ...seen, check: 'picture' },
        ...(about.aspects === undefined ? { outcome: 'ok' } : { outcome: 'fault', fault: 'moved' }),
        measured: {
          ...{ blackPercent: 1, meanLuma: 118, width: 1920, height: 1080 },
          ...(jpeg !== undefined && { jpeg, jpegAt: later(at, -140) }),
          ...(about.aspects !== undefined && { aspects: about.aspects }),
        },
      },
    ];
    const dead: Fact[] = [
      { ...seen, check: 'reachable', outcome: 'fault', fault: 'no-answer' },
      { ...seen, check: 'picture', outcome: 'unknown', fault: 'device-unreachable' },
    ];
    const isDead = about.fault !== undefined;
    return { ...{ id, name, kind: 'camera', zones: [place] }, outcome: isDead ? 'fault' : 'ok', facts: isDead ? dead : facts };
  };
  return [
    camera('hall-1', '就餐大厅1号', 'hall'),
    camera('cook-1', '烹饪间1号', 'stove', { fault: 'no-answer' }),
    { ...camera('wash-1', '洗消间1号', 'wash', { offsetSeconds: -75, aspects: turnedAside }), outcome: 'fault' },
    { id: 'recorder-1', name: '录像机', kind: 'recorder', zones: [], outcome: 'ok', facts: [footageAt(at)] },
  ];
}

/** A day of three checks: one went dark for 25 minutes, and for an hour nobody knew. */
export function historyAt(at: string, from: string): History {
  const whole = (device: string, check: 'reachable' | 'footage') => ({ device, check, spans: [{ from, to: at, outcome: 'ok' as const }] });
  const [down, up, silent, back] = [-9 * 3600, -9 * 3600 + 1500, -3 * 3600, -2 * 3600].map((seconds) => later(at, seconds));
  return {
    ...{ at, from, to: at, complete: true },
    bands: [
      whole('hall-1', 'reachable'),
      {
        ...{ device: 'cook-1', check: 'picture' },
        spans: [
          { from, to: down ?? at, outcome: 'ok' },
          { from: down ?? at, to: up ?? at, outcome: 'fault', fault: 'black' },
          { from: up ?? at, to: silent ?? at, outcome: 'ok' },
          { from: silent ?? at, to: back ?? at, outcome: 'unknown' },
          { from: back ?? at, to: at, outcome: 'ok' },
        ],
      },
      whole('recorder-1', 'footage'),
    ],
  };
}
