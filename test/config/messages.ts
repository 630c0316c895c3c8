// Golden messages: one of each kind, as they go over the wire. Other people's programs may rely on every key here.
const attributes = {
  specversion: '1.0',
  source: '/canteens/yingze-1/gateway',
  time: '2026-11-23T04:00:00.000Z',
  datacontenttype: 'application/json',
};
const place = (sequence: number) => ({ epoch: '5f0c8a52', sequence });

export const factEvent = {
  ...attributes,
  id: '5f0c8a52/7',
  type: 'cn.mingzao.fact.v1',
  ...place(7),
  data: {
    schemaVersion: 1,
    check: 'stream',
    device: 'kitchen-1',
    outcome: 'ok',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T04:03:20.000Z',
    measured: {
      codec: 'h264',
      width: 1920,
      height: 1080,
      framesPerSecond: 20,
      bitsPerSecond: 812_000,
      keyframeSeconds: 2,
      sampledSeconds: 5,
      via: 'media2',
      profile: 'main',
    },
  },
};

export const pictureEvent = {
  ...attributes,
  id: '5f0c8a52/20',
  type: 'cn.mingzao.fact.v1',
  ...place(20),
  data: {
    schemaVersion: 1,
    check: 'picture',
    device: 'kitchen-1',
    outcome: 'fault',
    fault: 'moved',
    detail: 'in 3 samples in a row',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T04:03:40.000Z',
    measured: {
      blackPercent: 1.2,
      meanLuma: 104.5,
      width: 1920,
      height: 1080,
      jpeg: 'ab'.repeat(32),
      jpegAt: '2026-11-23T03:58:00.000Z',
      infrared: false,
      open: true,
      aspects: {
        black: { outcome: 'ok', samples: 0 },
        covered: { outcome: 'ok', samples: 0, lumaSpread: 96, lostPercent: 12 },
        frozen: { outcome: 'ok', samples: 0, changedPixels: 5120, clock: 'runs', repeated: false },
        moved: {
          outcome: 'fault',
          samples: 3,
          before: 'cd'.repeat(32),
          after: 'ab'.repeat(32),
          likenessPercent: 21,
          reference: 'day',
          referenceSetAt: '2026-11-01T02:00:00.000Z',
        },
        blurred: { outcome: 'ok', samples: 0, edgePixels: 2.5, usualPixels: 2.4 },
        'colour-cast': { outcome: 'ok', samples: 0, cast: 3.2 },
      },
    },
  },
};

export const footageEvent = {
  ...attributes,
  id: '5f0c8a52/8',
  type: 'cn.mingzao.fact.v1',
  ...place(8),
  data: {
    schemaVersion: 1,
    check: 'footage',
    device: 'nvr',
    outcome: 'ok',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T07:00:30.000Z',
    measured: {
      method: 'profile-g-events',
      complete: true,
      from: '2026-08-23T04:00:00.000Z',
      to: '2026-11-23T04:00:00.000Z',
      recordings: [
        {
          camera: 'kitchen-1',
          recording: 'rec-2',
          oldest: '2026-08-23T04:00:00.000Z',
          newest: '2026-11-23T04:00:00.000Z',
          days: [{ day: '2026-11-22', recordedSeconds: 86_400, expectedSeconds: 86_400 }],
          gaps: [{ from: '2026-11-20T18:00:00.000Z', to: '2026-11-20T18:41:00.000Z' }],
          gapCount: 1,
        },
      ],
    },
  },
};

export const playbackEvent = {
  ...attributes,
  id: '5f0c8a52/10',
  type: 'cn.mingzao.fact.v1',
  ...place(10),
  data: {
    schemaVersion: 1,
    check: 'playback',
    device: 'nvr',
    outcome: 'fault',
    fault: 'stalled',
    detail: 'rec-2 at 2026-09-14T02:11:09.000Z: PLAY was accepted, and then no packets came',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T07:10:00.000Z',
    measured: {
      samples: [
        {
          camera: 'kitchen-1',
          recording: 'rec-2',
          asked: '2026-08-23T06:02:33.000Z',
          outcome: 'ok',
          played: '2026-08-23T06:02:32.500Z',
          deviationSeconds: -0.5,
          sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        { camera: 'kitchen-1', recording: 'rec-2', asked: '2026-09-14T02:11:09.000Z', outcome: 'fault', fault: 'stalled' },
      ],
    },
  },
};

export const tamperEvent = {
  ...attributes,
  id: '5f0c8a52/11',
  type: 'cn.mingzao.fact.v1',
  ...place(11),
  data: {
    schemaVersion: 1,
    check: 'tamper',
    device: 'kitchen-1',
    outcome: 'fault',
    fault: 'tampered',
    detail: 'RuleEngine/TamperDetector/Tamper of VideoSource_1',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T04:15:00.000Z',
    measured: {
      sources: [
        {
          kind: 'covered',
          topic: 'RuleEngine/TamperDetector/Tamper',
          source: 'VideoSource_1',
          active: true,
          at: '2026-11-23T03:59:58.000Z',
        },
      ],
    },
  },
};

export const faultEvent = {
  ...attributes,
  id: '5f0c8a52/9',
  type: 'cn.mingzao.fact.v1',
  ...place(9),
  data: {
    schemaVersion: 1,
    check: 'reachable',
    device: 'kitchen-1',
    outcome: 'fault',
    fault: 'refused',
    detail: '192.168.1.22:80 refused the connection',
    observedAt: '2026-11-23T04:00:00.000Z',
    validUntil: '2026-11-23T04:00:33.000Z',
  },
};

export const layoutEvent = {
  ...attributes,
  id: '5f0c8a52/1',
  type: 'cn.mingzao.layout.v1',
  ...place(1),
  data: {
    schemaVersion: 1,
    zones: [{ id: 'kitchen', kind: 'cooking', name: '厨房' }],
    cameras: [{ id: 'kitchen-1', name: '厨房1号', zones: ['kitchen'] }],
    recorders: [{ id: 'nvr', name: '录像机', cameras: ['kitchen-1'] }],
  },
};

export const lossEvent = {
  ...attributes,
  id: '5f0c8a52/5',
  type: 'cn.mingzao.loss.v1',
  ...place(5),
  data: { schemaVersion: 1, from: 2, to: 4, reason: 'outbox-full' },
};
export const replyEvent = {
  ...attributes,
  id: '5f0c8a52/6',
  type: 'cn.mingzao.reply.v1',
  ...place(6),
  data: { schemaVersion: 1, command: 'c-1', status: 'unsupported', detail: 'this gateway cannot play footage' },
};

export const statusMessage = {
  ...attributes,
  id: 's1/status',
  type: 'cn.mingzao.status.v1',
  data: { schemaVersion: 1, online: true, session: 's1', since: '2026-11-23T03:59:00.000Z', version: '0.1.0' },
};

export const heartbeatMessage = {
  ...attributes,
  id: 's1/2',
  type: 'cn.mingzao.heartbeat.v1',
  data: {
    schemaVersion: 1,
    session: 's1',
    at: '2026-11-23T04:00:00.000Z',
    uptimeSeconds: 60,
    memoryBytes: 80_000_000,
    outbox: { waiting: 3, dropped: 0, oldest: '2026-11-23T03:59:58.000Z' },
    evidence: { waiting: 1, dropped: 0 },
    devices: [{ id: 'kitchen-1', reachable: 'ok', seenAt: '2026-11-23T03:59:55.000Z' }],
  },
};

export const ackMessage = {
  ...attributes,
  source: '/server',
  id: 'yingze-1/5f0c8a52/9',
  type: 'cn.mingzao.ack.v1',
  data: { schemaVersion: 1, epoch: '5f0c8a52', sequence: 9 },
};

export const storedMessage = {
  ...attributes,
  source: '/server',
  id: 'yingze-1/stored/1',
  type: 'cn.mingzao.stored.v1',
  data: { schemaVersion: 1, pictures: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'] },
};

const text = { zh: '不在线', en: 'Offline' };
export const gapsMessage = {
  ...attributes,
  source: '/server',
  id: 'yingze-1/gaps/1',
  type: 'cn.mingzao.gaps.v1',
  data: {
    schemaVersion: 1,
    at: '2026-11-23T04:00:00.000Z',
    gaps: [
      {
        id: 'yingze-1.camera-unreachable.kitchen-1.mibc1s00',
        canteen: 'yingze-1',
        rule: 'camera-unreachable',
        gate: 'monitoring-connected',
        device: 'kitchen-1',
        severity: 'major',
        certainty: 'fault',
        status: 'open',
        openedAt: '2026-11-23T04:00:00.000Z',
        closedAt: null,
        measured: text,
        required: text,
        cause: text,
        fix: text,
        clause: text,
        standard: 'taiyuan-community-2022 v1',
        foldedUnder: null,
      },
    ],
  },
};

export const commandMessage = {
  ...attributes,
  source: '/server',
  id: 'c-1',
  type: 'cn.mingzao.command.v1',
  data: { schemaVersion: 1, id: 'c-1', kind: 'probe-now', device: 'kitchen-1', expiresAt: '2026-11-23T04:01:00.000Z' },
};

export const certificateRequestMessage = {
  ...attributes,
  id: '2f1d6c1e',
  type: 'cn.mingzao.certificate-request.v1',
  data: { schemaVersion: 1, request: '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n' },
};

export const certificateMessage = {
  ...attributes,
  source: 'mingzao/server',
  id: '77c0b0f2',
  type: 'cn.mingzao.certificate.v1',
  data: { schemaVersion: 1, certificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
};

export const certificateRefusedMessage = {
  ...certificateMessage,
  data: { schemaVersion: 1, refused: 'this canteen has no certificate that could be renewed' },
};
