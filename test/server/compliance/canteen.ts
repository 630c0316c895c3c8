// A canteen's state for tests of the rules: sound unless told otherwise, one minute old.

import { readSettings } from '#config/settings.ts';
import type { CheckName, Fact, FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Layout } from '#contract/layout.ts';
import type { AspectOutcome, PictureAspect, PictureAspects } from '#contract/picture.ts';
import { Standard } from '#contract/standard.ts';
import { fold } from '../../../server/compliance/fold.ts';
import { type CanteenState, newCanteen } from '../../../server/compliance/state.ts';

export const standard = readSettings('config/standards/taiyuan-community-2022.yaml', Standard);
export const identity = { id: 'yingze-1', name: '迎泽社区食堂', district: '迎泽区' };

/** Noon in Taiyuan, 23 November 2026. */
export const noon = Date.parse('2026-11-23T04:00:00Z');
export const minute = 60_000;

const corners: [number, number][] = [
  [0, 0],
  [8, 0],
  [8, 6],
  [0, 6],
];
const planes = [0, 0.85, 0.9, 1.2];

export const layout: Layout = {
  schemaVersion: 1,
  zones: [
    { id: 'hall', kind: 'dining', name: '大厅' },
    { id: 'kitchen', kind: 'cooking', name: '厨房' },
    { id: 'wash', kind: 'cleaning', name: '洗消间' },
  ],
  cameras: [
    { id: 'hall-1', name: '大厅1号', zones: ['hall'] },
    { id: 'kitchen-1', name: '厨房1号', zones: ['kitchen'] },
    { id: 'wash-1', name: '洗消间1号', zones: ['wash'] },
  ],
  recorders: [{ id: 'nvr', name: '录像机', cameras: ['hall-1', 'kitchen-1', 'wash-1'] }],
  plan: {
    zones: [
      { id: 'hall', kind: 'dining', polygon: corners, planes },
      { id: 'kitchen', kind: 'cooking', polygon: corners, planes },
      { id: 'wash', kind: 'cleaning', polygon: corners, planes },
    ],
  },
};

const measured: { [Name in CheckName]: NonNullable<FactOf<Name>['measured']> } = {
  reachable: { address: '192.168.1.20:80', roundTripMs: 3 },
  identity: { manufacturer: 'Maker', model: 'M1', firmware: '1.0', serial: 'S1' },
  clock: { offsetSeconds: 0.4, uncertaintySeconds: 0.5 },
  stream: { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 20, bitsPerSecond: 2e6, sampledSeconds: 5, via: 'media2' },
  picture: { blackPercent: 2, meanLuma: 110, width: 640, height: 360, infrared: false, open: true, aspects: aspects() },
  footage: footage(95),
  playback: playback(),
  storage: { method: 'hikvision-isapi', capacityBytes: 12e12, freeBytes: 0, overwrites: true, disks: [{ name: '1', state: 'ok' }] },
  tamper: {
    sources: [{ kind: 'covered', topic: 'RuleEngine/TamperDetector/Tamper', source: '1', active: false, at: '2026-11-23T03:00:00.000Z' }],
  },
  inputs: { inputs: [] },
  account: { level: 'user', mayDelete: false },
  coverage: {
    planSha256: 'ab'.repeat(32),
    planes: [0, 0.85, 0.9, 1.2],
    sliver: 0.2,
    area: 48,
    free: 48,
    levels: [80, 125].map((pixelsPerMetre) => ({
      pixelsPerMetre,
      covered: 48,
      ratio: 1,
      overlap: 0,
      blindArea: 0,
      blindCount: 0,
      blind: [],
    })),
    cameras: [{ id: 'hall-1', counts: true, lostIfItFails: 48 }],
  },
};

/** How a picture stands: well, but for what is told. */
export function aspects(told: Partial<Record<PictureAspect, AspectOutcome>> = {}): PictureAspects {
  const stands = (aspect: PictureAspect) => ({ outcome: told[aspect] ?? 'ok', samples: told[aspect] === 'fault' ? 3 : 0 });
  return {
    black: stands('black'),
    covered: { ...stands('covered'), lumaSpread: 90 },
    frozen: { ...stands('frozen'), clock: 'runs', repeated: false },
    moved: { ...stands('moved'), reference: 'day' },
    blurred: stands('blurred'),
    'colour-cast': stands('colour-cast'),
  };
}

/** What a recorder says that holds the last `days` whole days of every camera, with some seconds missing on chosen days ago. */
export function footage(days: number, missing: Record<number, number> = {}): NonNullable<FactOf<'footage'>['measured']> {
  const midnight = Date.parse('2026-11-22T16:00:00Z');
  const dayMs = 86_400_000;
  const list = Array.from({ length: 93 }, (_, index) => 92 - index).map((ago) => {
    const expectedSeconds = ago === 0 ? (noon - midnight) / 1000 : 86_400;
    const day = new Date(midnight - ago * dayMs + dayMs / 3).toISOString().slice(0, 10);
    return { day, expectedSeconds, recordedSeconds: ago <= days ? Math.max(0, expectedSeconds - (missing[ago] ?? 0)) : 0 };
  });
  const oldest = new Date(midnight - days * dayMs).toISOString();
  return {
    method: 'profile-g-events',
    complete: true,
    from: new Date(noon - 92 * dayMs).toISOString(),
    to: new Date(noon).toISOString(),
    recordings: layout.cameras.map(({ id }) => ({
      camera: id,
      recording: `rec-${id}`,
      oldest,
      newest: new Date(noon).toISOString(),
      days: list,
      gaps: [],
      gapCount: 0,
    })),
  };
}

type Sample = NonNullable<FactOf<'playback'>['measured']>['samples'][number];

/** What played back: one instant of each camera, half a second early, unless told otherwise of the first. */
export function playback(first: Partial<Sample> = {}): NonNullable<FactOf<'playback'>['measured']> {
  const asked = '2026-08-26T06:02:33.000Z';
  const played = { played: '2026-08-26T06:02:32.500Z', deviationSeconds: -0.5, sha256: 'a'.repeat(64) };
  const samples = layout.cameras.map(({ id }): Sample => ({ camera: id, recording: `rec-${id}`, asked, outcome: 'ok', ...played }));
  const [one, ...others] = samples;
  return { samples: one === undefined ? [] : [{ ...one, ...first }, ...others] };
}

/** The same with the first instant not played. */
export function unplayed(outcome: 'fault' | 'unknown', fault: FaultCode): NonNullable<FactOf<'playback'>['measured']> {
  const [one, ...others] = playback().samples;
  if (one === undefined) return { samples: [] };
  const { camera, recording, asked } = one;
  return { samples: [{ ...(camera === undefined ? {} : { camera }), recording, asked, outcome, fault }, ...others] };
}

let sequence = 0;

/** One fact, as ok as can be unless told otherwise, taken in at `at`. */
export function tell<Name extends CheckName>(
  state: CanteenState,
  device: string,
  check: Name,
  told: {
    outcome?: Fact['outcome'];
    fault?: FaultCode;
    measured?: Partial<NonNullable<FactOf<Name>['measured']>> | 'nothing';
    at?: number;
    arrivedAt?: number;
    validUntil?: string;
    lastsMs?: number;
    position?: { epoch: string; sequence: number };
  } = {},
): CanteenState {
  const { outcome = 'ok', at = noon, lastsMs = 60 * minute, fault, arrivedAt = at } = told;
  sequence += 1;
  const data = {
    schemaVersion: 1,
    check,
    device,
    outcome,
    observedAt: new Date(at).toISOString(),
    validUntil: told.validUntil ?? new Date(at + lastsMs).toISOString(),
    ...(told.measured === 'nothing' ? {} : { measured: { ...measured[check], ...told.measured } }),
    ...(fault === undefined ? {} : { fault }),
  } as Fact;
  const event = {
    specversion: '1.0',
    id: String(sequence),
    source: '/canteens/yingze-1',
    type: 'cn.mingzao.fact.v1',
    time: data.observedAt,
    datacontenttype: 'application/json',
    data,
    ...(told.position ?? { epoch: 'e1', sequence }),
  } as const;
  return fold(state, { kind: 'event', event }, arrivedAt);
}

/** Heard just now, and every minute before. */
export function beat(state: CanteenState, at: number = noon, gatewayClock: number = at): CanteenState {
  const { heardAt } = state.gateway;
  return heardAt !== null && at - heardAt > minute
    ? beat(heardAgain(state, heardAt + minute), at, gatewayClock)
    : heardAgain(state, at, gatewayClock);
}

/** Heard just now, after whatever silence there was. */
export function heardAgain(state: CanteenState, at: number, gatewayClock: number = at): CanteenState {
  const heartbeat = {
    schemaVersion: 1,
    session: 's1',
    at: new Date(gatewayClock).toISOString(),
    uptimeSeconds: 60,
    memoryBytes: 5e7,
    outbox: { waiting: 0, dropped: 0 },
    devices: [],
  } as const;
  return fold(state, { kind: 'heartbeat', heartbeat: { ...heartbeat, devices: [] } }, at);
}

/** Its gateway has told what it has, and nothing about it. */
export function registered(told: Layout = layout, at: number = noon): CanteenState {
  return laidOut(newCanteen('yingze-1', at), told, at);
}

/** Its gateway tells what it has now. */
export function laidOut(state: CanteenState, told: Layout, at: number = noon): CanteenState {
  sequence += 1;
  const event = {
    specversion: '1.0',
    id: String(sequence),
    source: '/canteens/yingze-1',
    type: 'cn.mingzao.layout.v1',
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    data: told,
    epoch: 'e1',
    sequence,
  } as const;
  return fold(state, { kind: 'event', event }, at);
}

/** A canteen that meets the standard, all of it shown at `noon`. */
export function sound(told: Layout = layout): CanteenState {
  const cameras = told.cameras.flatMap((camera) =>
    (['reachable', 'identity', 'clock', 'stream', 'picture'] as const).map((check) => [camera.id, check] as const),
  );
  const recorders = told.recorders.flatMap((recorder) =>
    (['reachable', 'identity', 'clock', 'footage', 'playback'] as const).map((check) => [recorder.id, check] as const),
  );
  const looked = [...cameras, ...recorders].reduce((state, [device, check]) => tell(state, device, check), beat(registered(told)));
  return told.zones.reduce((state, { id }) => tell(state, id, 'coverage', { measured: { cameras: counted(told, id) } }), looked);
}

/** The cameras that watch a zone, as its coverage counts them. */
export function counted({ cameras }: Layout, zone: string): NonNullable<FactOf<'coverage'>['measured']>['cameras'] {
  return cameras.filter(({ zones }) => zones.includes(zone)).map(({ id }) => ({ id, counts: true, lostIfItFails: 48 }));
}
