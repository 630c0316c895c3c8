// A recorder that began too lately to hold the days required, and will hold them, has nothing wrong with it, and has not proven it either.
import type { Forecast } from '../forecast.ts';
import { retentionCase } from '../retention-case.ts';
import { diskText } from '../retention-wording.ts';
import type { RecorderRule } from '../rule.ts';
import { dayInChina } from '../wording.ts';

export const retentionNotYetProven: RecorderRule = {
  id: 'retention-not-yet-proven',
  per: 'recorder',
  gate: 'monitoring-connected',
  requirement: (standard) => standard.retentionOnCourse,
  judge(recorder, scene) {
    const { minDays } = scene.standard.retention;
    const found = retentionCase(recorder, scene);
    if ('settled' in found) return found.settled;
    const { footage, judged } = found;
    if (footage.outcome !== 'ok') return { explainedBy: 'retention-short' };
    const last = judged.filter(({ leads }) => leads.state === 'on-course').toSorted((a, b) => dateOf(b.leads) - dateOf(a.leads))[0];
    if (last === undefined) return judged.every(({ leads }) => leads.state === 'proven') ? undefined : { explainedBy: 'retention-short' };
    const { camera, leads } = last;
    const days = leads.kept?.days ?? 0;
    const oldest = dayInChina(Date.parse(leads.kept?.recording?.oldest ?? ''));
    return {
      certainty: 'unknown',
      since: footage.since,
      measured: {
        zh: `已存${days}天（${camera.name}，最早录像${oldest}），预计${leads.reachesOn}存满${minDays}天`,
        en: `${days} days so far (${camera.name}, oldest footage ${oldest}); ${minDays} days first reached on ${leads.reachesOn}`,
      },
      required: { zh: `连续可追溯不少于${minDays}天`, en: `At least ${minDays} days, without a break` },
      cause: { zh: `录像启用时间不长；${diskText(leads).zh}`, en: `Recording began lately; ${diskText(leads).en}` },
      fix: fixOf(leads, minDays),
    };
  },
};

function dateOf({ reachesOn }: Forecast): number {
  return Date.parse(reachesOn ?? '');
}

/** Many recorders name a limit and pay no heed to it; it is worth a look all the same. */
function fixOf({ retentionDaysMax: max }: Forecast, minDays: number) {
  if (max !== undefined && max < minDays)
    return {
      zh: `录像机设置的保存期为${max}天，请改为不少于${minDays}天或不限`,
      en: `The recorder says it is set to keep ${max} days: set ${minDays} or more there, or no limit`,
    };
  return { zh: '保持连续录像，存满后自动销号', en: 'Keep it recording; this closes by itself when the days are there' };
}
