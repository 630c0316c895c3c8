// The gateway must be heard: while it is silent, nothing it told before says anything about now.

import type { CanteenRule } from '../rule.ts';
import type { CanteenState } from '../state.ts';
import { inChina } from '../wording.ts';

export const gatewaySilent: CanteenRule = {
  id: 'gateway-silent',
  per: 'canteen',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.gatewayHeard,
  judge(_, { state, standard, now }) {
    const { silentAfterSeconds } = standard.gatewayHeard;
    const { heardAt, status } = state.gateway;
    if (heardAt !== null && now <= heardAt + silentAfterSeconds * 1000) return undefined;
    const disconnected = status?.online === false;
    const from = silentFrom(state, silentAfterSeconds);
    return {
      // While silence does not count yet no gap opens, but one that is open is not closed by a restart of the server either.
      ...(now > from ? { certainty: 'fault' } : { certainty: 'unknown', since: from }),
      measured:
        heardAt === null
          ? { zh: '从未收到网关消息', en: 'Never heard' }
          : { zh: `最后一次收到：${inChina(heardAt)}`, en: `Last heard ${inChina(heardAt)}` },
      required: { zh: `${silentAfterSeconds}秒内至少一次`, en: `At least once in ${silentAfterSeconds} s` },
      cause: disconnected
        ? { zh: '网关与平台的连接已断开', en: 'The gateway’s connection is gone' }
        : { zh: '网关失联，没有消息', en: 'Nothing comes from the gateway' },
      fix: { zh: '检查网关供电和食堂的上网线路', en: 'Check power of the gateway and the canteen’s internet line' },
    };
  },
};

/** The instant after which silence is a gap, milliseconds since 1970. While the server itself was away, silence did not count. */
export function silentFrom(state: CanteenState, silentAfterSeconds: number): number {
  return Math.max(state.gateway.heardAt ?? 0, state.expectedSince) + silentAfterSeconds * 1000;
}
