// The gateway must have room for what it has to tell: on a full disk its oldest records make way for new ones, or none can be kept.
import type { CanteenRule, Scene } from '../rule.ts';

export const gatewayDiskFull: CanteenRule = {
  id: 'gateway-disk-full',
  per: 'canteen',
  gate: 'data-connected',
  requirement: (standard) => standard.recordsComplete,
  judge(_, scene) {
    const { heartbeat } = scene.state.gateway;
    if (heartbeat === null) return undefined;
    const required = { zh: '记录完整送达', en: 'Every record arrives' };
    const oldSince = toldUntil(heartbeat, scene);
    if (scene.now > oldSince)
      return {
        certainty: 'unknown',
        since: oldSince,
        measured: { zh: '网关磁盘状态未知', en: 'How full the gateway’s disk is, is not known' },
        required,
        cause: { zh: '网关有消息，但没有心跳', en: 'The gateway tells other things, but sends no heartbeat' },
        fix: { zh: '重启网关，并查看其日志', en: 'Restart the gateway, and look into its log' },
      };
    if (heartbeat.outbox.full !== true) return undefined;
    return {
      certainty: 'fault',
      measured: { zh: '网关磁盘已满', en: 'The gateway’s disk is full' },
      required,
      cause: { zh: '磁盘写满，最早的记录被舍弃', en: 'Nothing more fits: the oldest records make way for new ones' },
      fix: { zh: '清理网关磁盘，或换更大的磁盘', en: 'Free the gateway’s disk, or give it a larger one' },
    };
  },
};

/** Until when a heartbeat says how things are, by the server's clock: as long as silence would be none. While the server was away none could come. */
function toldUntil(heartbeat: { at: string }, { state, standard }: Pick<Scene, 'state' | 'standard'>): number {
  const toldAt = Date.parse(heartbeat.at) - (state.gateway.clockAheadMs ?? 0);
  return Math.max(toldAt, state.expectedSince) + standard.gatewayHeard.silentAfterSeconds * 1000;
}
