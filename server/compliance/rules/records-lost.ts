// What a gateway had to drop before the server had stored it is said, not hidden.
import type { CanteenRule } from '../rule.ts';
import { inChina } from '../wording.ts';

const longOutage = {
  cause: { zh: '断网过久，网关存储已满', en: 'The line was down too long for the gateway’s store' },
  fix: { zh: '检查食堂上网线路；必要时加大网关存储上限', en: 'Check the canteen’s line; allow the gateway a larger store if need be' },
};
const fullDisk = {
  cause: { zh: '网关磁盘写满', en: 'The gateway’s disk, or what its store may take of it, was full' },
  fix: { zh: '清理网关磁盘，或加大其存储上限', en: 'Free the gateway’s disk, or allow its store more of it' },
};

export const recordsLost: CanteenRule = {
  id: 'records-lost',
  per: 'canteen',
  gate: 'data-connected',
  requirement: (standard) => standard.recordsComplete,
  judge(_, { state, standard, now }) {
    const keptOpenMs = standard.recordsComplete.keepOpenHours * 3_600_000;
    const recent = state.losses.filter((loss) => now - loss.at < keptOpenMs);
    const latest = recent.at(-1);
    if (latest === undefined) return undefined;
    const lost = recent.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    return {
      certainty: 'fault',
      measured: { zh: `丢失${lost}条记录，最近一次${inChina(latest.at)}`, en: `${lost} records lost, last told ${inChina(latest.at)}` },
      required: { zh: '记录完整送达', en: 'Every record arrives' },
      ...(latest.reason === 'disk-full' ? fullDisk : longOutage),
    };
  },
};
