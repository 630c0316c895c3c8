// Footage must be kept for the days the standard asks, every one of them whole, and the recorder must be able to show it.
import type { CameraPlace, RecorderPlace } from '#contract/layout.ts';
import type { Text } from '#contract/text.ts';
import { type Forecast, wentBefore } from '../forecast.ts';
import type { Kept } from '../kept-days.ts';
import { type Judged, retentionCase } from '../retention-case.ts';
import { diskText, terabytes } from '../retention-wording.ts';
import type { Finding, RecorderRule, Scene } from '../rule.ts';
import { dayInChina, faultWording } from '../wording.ts';

/** One that has merely begun too late, and is on course, is the business of retention-not-yet-proven. */
export const retentionShort: RecorderRule = {
  id: 'retention-short',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.retention,
  judge(recorder, scene) {
    const { minDays } = scene.standard.retention;
    const found = retentionCase(recorder, scene);
    if ('settled' in found) return found.settled;
    const { footage, judged } = found;
    const required = { zh: `连续可追溯不少于${minDays}天`, en: `At least ${minDays} days, without a break` };
    if (footage.outcome === 'fault')
      return { certainty: 'fault', measured: { zh: '没有录像', en: 'No footage' }, required, ...faultWording(footage.fault) };
    const unproven = { certainty: 'unknown', measured: { zh: '录像时长未经证实', en: 'Retention not proven' }, required } as const;
    if (footage.outcome === 'unknown') return { ...unproven, since: footage.since, ...faultWording(footage.fault) };
    const worst = worstOf(judged);
    if (worst === undefined) return undefined;
    const { camera, leads } = worst;
    if (leads.state === 'unknown') {
      const since = leads.disksSince ?? (isWithoutRate(leads) ? unmeasuredSince(recorder, scene) : undefined) ?? footage.since;
      return { ...unproven, since, ...unprovenWording(camera, leads) };
    }
    return { certainty: 'fault', required, ...shortWording(worst, minDays) };
  },
};

/** The worst camera speaks for the recorder: seen to be wrong before not shown to be right, fewest days first. */
function worstOf(judged: Judged[]): Judged | undefined {
  const failing = judged.filter(({ leads: { state } }) => state !== 'proven' && state !== 'on-course');
  const days = ({ leads: { state, kept } }: Judged) => (state === 'unknown' ? Number.POSITIVE_INFINITY : (kept?.days ?? 0));
  return failing.toSorted((a, b) => (days(a) < days(b) ? -1 : days(a) > days(b) ? 1 : 0))[0];
}

/** How large the disks are is known, but not how fast they fill: only the cameras' streams could have told it yet. */
function isWithoutRate({ capacityBytes, bitsPerSecond }: Forecast): boolean {
  return capacityBytes !== undefined && bitsPerSecond === undefined;
}

/** Since when some stream that the disks have to hold is not measured, milliseconds since 1970. */
function unmeasuredSince(recorder: RecorderPlace, scene: Scene): number | undefined {
  const streams = scene.layout.cameras.filter(({ id }) => recorder.cameras.includes(id)).map(({ id }) => scene.believed(id, 'stream'));
  const unmeasured = streams.filter(({ outcome }) => outcome !== 'ok').map(({ since }) => since);
  return unmeasured.length === 0 ? undefined : Math.max(...unmeasured);
}

type Cause = Pick<Finding, 'cause' | 'fix'>;

function unprovenWording(camera: CameraPlace, leads: Forecast): Cause {
  const { kept, daysAsked, disksSince, ...disk } = leads;
  if (disksSince !== undefined)
    return {
      cause: {
        zh: `${camera.name}已存${kept?.days ?? 0}天且无缺段，录像机此时未告知硬盘容量`,
        en: `${camera.name} has ${kept?.days ?? 0} days without a break; the recorder does not tell of its disks at present`,
      },
      fix: { zh: '核对网关账号是否有权查看录像机硬盘', en: 'See whether the gateway’s account may see the recorder’s disks' },
    };
  if (kept !== undefined && isWithoutRate(leads))
    return {
      cause: {
        zh: `${camera.name}已存${kept.days}天；码率尚未测得，暂不能推算能否存满`,
        en: `${camera.name} has ${kept.days} days; the bit rate is not known yet, and so not whether the disks will do`,
      },
      fix: { zh: '先处理摄像头码流的缺口', en: 'Put right the cameras’ streams first' },
    };
  if (kept !== undefined)
    return {
      cause: {
        zh: `${camera.name}已存${kept.days}天；${diskText(disk).zh}，能否存满尚不能断定`,
        en: `${camera.name} has ${kept.days} days; ${diskText(disk).en}, too near to the limit to tell whether that is enough`,
      },
      fix: { zh: '扩充硬盘或降低码率以留出余量', en: 'Add disk or lower the bit rate, to have some margin' },
    };
  if (daysAsked === undefined)
    return {
      cause: { zh: `录像机的应答不能说明${camera.name}的录像`, en: `The recorder’s answer does not tell what it keeps of ${camera.name}` },
      fix: {
        zh: '在网关配置的 recordings 中写明该摄像头的录像编号；核对录像机设置',
        en: 'Name this camera’s recording in the gateway’s settings (recordings), and check the recorder',
      },
    };
  return {
    cause: {
      zh: `只查询了最近${daysAsked}个整日的录像，均完整`,
      en: `Only the last ${daysAsked} whole days were asked for; they are all there`,
    },
    fix: { zh: '加大网关配置中的查询天数', en: 'Let the gateway ask for more days, in its settings' },
  };
}

function shortWording({ camera, leads }: Judged, minDays: number): { measured: Text } & Cause {
  const { kept, state } = leads;
  const oldest = kept?.recording?.oldest;
  if (kept === undefined || oldest === undefined)
    return { measured: { zh: `没有录像（${camera.name}）`, en: `No footage (${camera.name})` }, ...faultWording('no-recordings') };
  const day = dayInChina(Date.parse(oldest));
  const since = { zh: `${camera.name}，最早录像${day}`, en: `${camera.name}, oldest footage ${day}` };
  if (kept.missingTodaySeconds !== undefined) {
    const hours = Math.round(kept.missingTodaySeconds / 3600);
    return {
      measured: {
        zh: `${kept.days}天完整，今日缺录约${hours}小时（${since.zh}）`,
        en: `${kept.days} days whole, and about ${hours} h of today missing (${since.en})`,
      },
      ...stopped,
    };
  }
  if (state === 'will-fall-short')
    return {
      measured: { zh: `已存${kept.days}天（${since.zh}）`, en: `${kept.days} days so far (${since.en})` },
      cause: {
        zh: `存不满${minDays}天：${diskText(leads).zh}`,
        en: `It will never reach ${minDays} days: ${diskText(leads).en}`,
      },
      fix: moreDisk(leads),
    };
  if (kept.days === kept.unbroken)
    return { measured: { zh: `${kept.days}天（${since.zh}）`, en: `${kept.days} days (${since.en})` }, ...lostWording(kept, leads) };
  return {
    measured: {
      zh: `${minDays}天中${kept.days}天完整，连续${kept.unbroken}天（${since.zh}）`,
      en: `${kept.days} of ${minDays} days whole, ${kept.unbroken} unbroken (${since.en})`,
    },
    ...lostWording(kept, leads),
  };
}

const stopped: Cause = {
  cause: { zh: '录像可能已停止', en: 'Recording may have stopped' },
  fix: {
    zh: '检查录像机是否仍在录制：录像计划、硬盘状态和该摄像头的连接',
    en: 'See whether the recorder still records: schedule, disks, and its connection to this camera',
  },
};
const holes: Cause = {
  cause: { zh: '录像有缺段', en: 'The footage has holes' },
  fix: { zh: '查明缺段原因：断电、断网、硬盘故障或录像计划', en: 'Find what made the holes: power, network, disk or schedule' },
};

/** Without a day on which it will do, recording does not go on. */
function lostWording(kept: Kept, leads: Forecast): Cause {
  if (kept.reachesOn === undefined) return stopped;
  return kept.hasHoles ? holes : tooLateWording(leads);
}

function tooLateWording(leads: Forecast): Cause {
  const { retentionDaysMax: max, kept, full } = leads;
  // Many recorders name such a limit and pay no heed to it: it is a cause only where the days end there.
  if (max !== undefined && kept !== undefined && Math.abs(kept.days - max) <= 2)
    return {
      cause: { zh: `录像机设置为只保存${max}天`, en: `The recorder is set to keep ${max} days` },
      fix: { zh: '在录像机上取消或加长保存期限', en: 'Remove or lengthen the limit on the recorder' },
    };
  if (full === true || (kept !== undefined && wentBefore(kept, ['overwritten'])))
    return {
      cause: { zh: `较早的录像已被覆盖：${diskText(leads).zh}`, en: `Older footage was overwritten: ${diskText(leads).en}` },
      fix: moreDisk(leads),
    };
  return {
    cause: {
      zh: '录像起始时间不够早：硬盘容量不足、保存期设置过短，或录制未满期',
      en: 'The footage does not go back far enough: disk too small, retention set too short, or recording began too late',
    },
    fix: {
      zh: '扩充硬盘或调整码率与保存期；新装录像机待录满后自动销号',
      en: 'Add disk, lower the bitrate or lengthen the retention; with a new recorder this closes by itself in time',
    },
  };
}

function moreDisk({ bytesMissing }: Forecast): Text {
  if (bytesMissing === undefined)
    return { zh: '扩充硬盘，或调整码率与保存期', en: 'Add disk, lower the bit rate or lengthen the retention' };
  const more = terabytes(bytesMissing);
  return { zh: `还需硬盘约${more} TB，或相应降低码率`, en: `${more} TB more disk are needed, or a bit rate lower by as much` };
}
