// A small district to show on the pages under test: one canteen in order, one with faults, one whose gateway is silent.
import type { Fact } from '#contract/facts.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Outcome, ZoneKind } from '#contract/primitives.ts';
import type { CanteenSummary, CanteenView, DeviceView, ZoneView } from '#contract/views.ts';

/** An instant so many seconds after `from` (ISO 8601), or before it where negative. */
export function later(from: string, seconds: number): string {
  return new Date(Date.parse(from) + seconds * 1000).toISOString();
}

export function zone(kind: ZoneKind, outcome: Outcome, reason?: ZoneView['reason']): ZoneView {
  return { kind, outcome, cameras: 2, healthyCameras: outcome === 'ok' ? 2 : 0, ...(reason === undefined ? {} : { reason }) };
}

/** A canteen in order, told at `at` and to be believed for a minute. */
export function summaryOf(at: string, about: Partial<CanteenSummary> = {}): CanteenSummary {
  return {
    id: 'yingze-1',
    name: '迎泽街道第一社区食堂',
    district: '迎泽区',
    verdict: 'ok',
    zones: [zone('dining', 'ok'), zone('cooking', 'ok'), zone('cleaning', 'ok')],
    cameras: { total: 6, healthy: 6 },
    openGaps: 0,
    worstSeverity: null,
    heardAt: later(at, -12),
    staleAt: later(at, 60),
    ...about,
  };
}

export function gapOf(at: string, about: Partial<Gap> = {}): Gap {
  return {
    id: 'xinghualing-2/stream-decodes/cook-1',
    canteen: 'xinghualing-2',
    rule: 'stream-decodes',
    gate: 'monitoring-connected',
    device: 'cook-1',
    deviceName: '灶台摄像头',
    severity: 'critical',
    certainty: 'fault',
    status: 'open',
    openedAt: later(at, -41 * 60),
    closedAt: null,
    measured: { zh: '码流无法打开', en: 'The stream does not open' },
    required: { zh: '每台摄像头的画面能实时解码', en: 'Every camera’s picture can be decoded live' },
    cause: { zh: '摄像头拒绝登录：用户名或密码错误', en: 'The camera refuses the login: wrong user name or password' },
    fix: { zh: '在网关上更新该摄像头的密码，然后重新检查', en: 'Enter the camera’s present password at the gateway, then check again' },
    clause: { zh: '监控标准第3条：接入智慧监管平台', en: 'Monitoring standard, article 3: joined to the platform' },
    standard: 'taiyuan-community-2022 1',
    foldedUnder: null,
    ...about,
  };
}

export interface District {
  canteens: CanteenSummary[];
  gaps: Gap[];
  views: CanteenView[];
  /** What may be asked for as evidence, by SHA-256. */
  pictures?: ReadonlyMap<string, Buffer>;
}

/** Told out of order on purpose: bringing the worst to the top is the page's own business. */
export function districtAt(at: string): District {
  const good = summaryOf(at);
  const silent = summaryOf(at, {
    id: 'wanbailin-3',
    name: '万柏林区和平社区食堂',
    district: '万柏林区',
    verdict: 'unknown',
    zones: (['dining', 'cooking', 'cleaning'] as const).map((kind) =>
      zone(kind, 'unknown', { zh: '网关已 6 分钟没有上报', en: 'the gateway has been silent for 6 minutes' }),
    ),
    cameras: { total: 4, healthy: 0 },
    openGaps: 4,
    worstSeverity: 'critical',
    heardAt: later(at, -370),
    staleAt: null,
  });
  const faulty = summaryOf(at, {
    id: 'xinghualing-2',
    name: '杏花岭区胜利桥社区食堂',
    district: '杏花岭区',
    verdict: 'fault',
    zones: [
      zone('dining', 'ok'),
      zone('cooking', 'fault', {
        zh: '应有 1 台正常的摄像头，现有 0 台',
        en: '1 healthy camera is required, there is none',
      }),
      zone('cleaning', 'ok'),
    ],
    cameras: { total: 4, healthy: 3 },
    openGaps: 2,
    worstSeverity: 'critical',
  });
  const gaps = [gapOf(at), shortRetention(at), ...silentGateway(at)];
  return {
    canteens: [good, silent, faulty],
    gaps,
    views: [{ at, summary: faulty, gaps: gaps.slice(0, 2), layout: null, devices: devicesAt(at), coverage: [], retention: [] }],
  };
}

function shortRetention(at: string): Gap {
  return gapOf(at, {
    id: 'xinghualing-2/retention/recorder-1',
    rule: 'retention',
    device: 'recorder-1',
    severity: 'major',
    openedAt: later(at, -3 * 86_400),
    measured: { zh: '连续可追溯 62 天，最早 2026-09-22', en: '62 days can be traced, the oldest 2026-09-22' },
    required: { zh: '视频存储不少于 90 天', en: 'Footage is kept for not less than 90 days' },
    cause: { zh: '硬盘写满后覆盖了较早的录像', en: 'The disk was full and older footage was overwritten' },
    fix: {
      zh: '增加约 4 TB 硬盘，或在不低于标准的前提下调低码率',
      en: 'Add about 4 TB of disk, or lower the bit rate as far as the standard allows',
    },
    clause: { zh: '监控标准第5条：不少于3个月的溯源查询', en: 'Monitoring standard, article 5: traceable for not less than 3 months' },
  });
}

function silentGateway(at: string): Gap[] {
  const explaining = gapOf(at, {
    id: 'wanbailin-3/gateway-heard',
    canteen: 'wanbailin-3',
    rule: 'gateway-heard',
    certainty: 'unknown',
    openedAt: later(at, -310),
    measured: { zh: '网关已 6 分钟没有上报', en: 'The gateway has been silent for 6 minutes' },
    required: { zh: '沉默不超过 60 秒', en: 'Silent for not more than 60 s' },
    cause: { zh: '停电、断网，或网关停止运行', en: 'No power, no network, or the gateway has stopped' },
    fix: { zh: '检查网关电源和外网线路', en: 'Check the gateway’s power and its line' },
  });
  const { device: _, ...gateway } = explaining;
  return [
    gateway,
    ...(['dining', 'cooking', 'cleaning'] as const).map((kind) =>
      gapOf(at, {
        id: `wanbailin-3/zone/${kind}`,
        canteen: 'wanbailin-3',
        rule: 'zone-watched',
        device: `${kind}-1`,
        certainty: 'unknown',
        openedAt: later(at, -300),
        measured: { zh: '无法得知摄像头是否正常', en: 'It cannot be told whether the camera is in order' },
        foldedUnder: gateway.id,
      }),
    ),
  ];
}

function devicesAt(at: string): DeviceView[] {
  const seen = { schemaVersion: 1, observedAt: later(at, -20), validUntil: later(at, 300) } as const;
  const stove: Fact[] = [
    { ...seen, check: 'reachable', device: 'cook-1', outcome: 'ok', measured: { address: '192.168.1.21:80', roundTripMs: 12.4 } },
    { ...seen, check: 'clock', device: 'cook-1', outcome: 'ok', measured: { offsetSeconds: -75, uncertaintySeconds: 0.5 } },
    { ...seen, check: 'stream', device: 'cook-1', outcome: 'fault', fault: 'credentials-refused' },
    { ...seen, check: 'picture', device: 'cook-1', outcome: 'unknown', fault: 'no-stream' },
  ];
  const hall: Fact[] = [
    { ...seen, check: 'reachable', device: 'hall-1', outcome: 'ok', measured: { address: '192.168.1.20:80', roundTripMs: 8 } },
    {
      ...seen,
      check: 'stream',
      device: 'hall-1',
      outcome: 'ok',
      measured: {
        codec: 'h264',
        width: 1920,
        height: 1080,
        framesPerSecond: 25,
        bitsPerSecond: 2_140_000,
        sampledSeconds: 4,
        via: 'media2',
      },
    },
    {
      ...seen,
      check: 'picture',
      device: 'hall-1',
      outcome: 'ok',
      measured: { blackPercent: 1, meanLuma: 118, width: 1920, height: 1080 },
    },
  ];
  const footage: Fact = {
    ...seen,
    check: 'footage',
    device: 'recorder-1',
    outcome: 'ok',
    measured: {
      method: 'profile-g-events',
      complete: true,
      from: later(at, -90 * 86_400),
      to: at,
      recordings: [
        { camera: 'hall-1', recording: 'r1', oldest: later(at, -62 * 86_400), newest: at, days: [], gaps: [], gapCount: 0 },
        { camera: 'cook-1', recording: 'r2', oldest: later(at, -61 * 86_400), newest: at, days: [], gaps: [], gapCount: 3 },
      ],
    },
  };
  return [
    { id: 'hall-1', name: '大厅摄像头', kind: 'camera', zones: ['hall'], outcome: 'ok', facts: hall },
    { id: 'cook-1', name: '灶台摄像头', kind: 'camera', zones: ['stove'], outcome: 'fault', facts: stove },
    { id: 'recorder-1', name: '一号录像机', kind: 'recorder', zones: [], outcome: 'ok', facts: [footage] },
  ];
}
