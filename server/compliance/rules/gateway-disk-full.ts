// The gateway must have room for what it has to tell: on a full disk its oldest records make way for new ones, or none can be kept.
import type { CanteenRule } from '../rule.ts';

export const gatewayDiskFull: CanteenRule = {
  id: 'gateway-disk-full',
  per: 'canteen',
  gate: 'data-connected',
  requirement: (standard) => standard.recordsComplete,
  judge(_, { state }) {
    if (state.gateway.heartbeat?.outbox.full !== true) return undefined;
    return {
      certainty: 'fault',
      measured: { zh: '网关磁盘已满', en: 'The gateway’s disk is full' },
      required: { zh: '记录完整送达', en: 'Every record arrives' },
      cause: { zh: '磁盘写满，最早的记录被舍弃', en: 'Nothing more fits: the oldest records make way for new ones' },
      fix: { zh: '清理网关磁盘，或换更大的磁盘', en: 'Free the gateway’s disk, or give it a larger one' },
    };
  },
};
