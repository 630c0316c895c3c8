// Each required zone must be seen without dead angle: densely enough, on every required plane, by cameras that work now.
import type { BlindSpot, CoverageLevel, CoverageMeasured } from '#contract/coverage.ts';
import type { Zone } from '#contract/layout.ts';
import type { ZoneKind } from '#contract/primitives.ts';
import type { Text } from '#contract/text.ts';
import { cameraHealth } from '../camera-health.ts';
import type { Finding, Scene, ZoneRule } from '../rule.ts';
import { zoneNames } from '../wording.ts';
import { zoneHealth, zoneWithoutHealthyCamera } from './zone-without-healthy-camera.ts';

type Required = NonNullable<Scene['standard']['zones'][number]['coverage']>;

export const zoneCoverageShort: ZoneRule = {
  id: 'zone-coverage-short',
  per: 'zone',
  gate: 'monitoring-connected',
  requirement(standard, kind) {
    const zone = standard.zones.find((required) => required.kind === kind);
    if (zone === undefined) throw new RangeError(`the standard ${standard.id} requires nothing of the zone ${kind}`);
    return zone.coverage ?? zone;
  },
  judge(kind, scene) {
    const required = scene.standard.zones.find((zone) => zone.kind === kind)?.coverage;
    if (required === undefined) return undefined;
    // Where nothing looks at a zone that works, how much of it is seen is not the question.
    if (zoneHealth(kind, scene).healthy === 0) return { explainedBy: zoneWithoutHealthyCamera.id };
    const rooms = scene.layout.zones.filter((zone) => zone.kind === kind).map((zone) => roomCoverage(zone, required, scene));
    const short = rooms.filter((room) => room.outcome === 'fault');
    const asked = requiredWording(required);
    if (short.length > 0) return { certainty: 'fault', required: asked, ...shortWording(kind, short, required, scene) };
    const unknown = rooms.filter((room) => room.outcome === 'unknown');
    const [first] = unknown;
    if (first === undefined) return undefined;
    const since = Math.min(...unknown.map((room) => room.since));
    return { certainty: 'unknown', since, required: asked, measured: { zh: '覆盖范围未经证实', en: 'Coverage not proven' }, ...first.why };
  },
};

interface Short {
  outcome: 'fault';
  free: number;
  level: CoverageLevel;
}
type RoomCoverage = { outcome: 'ok' } | Short | { outcome: 'unknown'; since: number; why: Pick<Finding, 'cause' | 'fix'> };

function roomCoverage(zone: Zone, required: Required, scene: Scene): RoomCoverage {
  const { outcome, fact, since } = scene.believed(zone.id, 'coverage');
  const drawn = scene.layout.plan?.zones.find(({ id }) => id === zone.id);
  if (drawn === undefined) return { outcome: 'unknown', since, why: noPlan };
  if (outcome !== 'ok' || fact.measured === undefined) return { outcome: 'unknown', since, why: notTold };
  const { measured } = fact;
  const level = measured.levels.find(({ pixelsPerMetre }) => pixelsPerMetre === required.pixelsPerMetre);
  // Planes seen besides those required only make it harder to be covered.
  if (level === undefined || required.planes.some((plane) => !measured.planes.includes(plane)) || measured.free === 0)
    return { outcome: 'unknown', since, why: otherMeasure(required) };
  if (isEnough(level, measured, required)) {
    if (measured.sliver > required.maxSliverMetres) return { outcome: 'unknown', since, why: sliversLeftOut(measured, required) };
    const doubted = measured.cameras.find(({ id, counts }) => counts && cameraHealth(id, scene).outcome !== 'ok');
    return doubted === undefined ? { outcome: 'ok' } : { outcome: 'unknown', since: doubtedSince(doubted.id, scene), why: doubt };
  }
  // What is missing may be seen by a camera that is not shown to be at fault: that is not seen to be wrong.
  const unseen = measured.cameras.filter(
    ({ counts, fault, id }) => !counts && (fault === undefined || cameraHealth(id, scene).outcome !== 'fault'),
  );
  const [first] = unseen;
  if (first !== undefined) return { outcome: 'unknown', since: doubtedSince(first.id, scene), why: doubt };
  return { outcome: 'fault', free: measured.free, level };
}

function isEnough({ blindArea }: CoverageLevel, { free }: CoverageMeasured, { minPercent, toleranceSquareMetres }: Required): boolean {
  return blindArea <= toleranceSquareMetres || 100 * (1 - blindArea / free) >= minPercent;
}

function doubtedSince(camera: string, scene: Scene): number {
  const health = cameraHealth(camera, scene);
  return health.outcome === 'fault' ? scene.now : health.since;
}

const noPlan = {
  cause: { zh: '网关没有上报平面图', en: 'The gateway has no floor plan' },
  fix: { zh: '绘制平面图并在网关配置 plan 中写明', en: 'Draw the floor plan and name it in the gateway’s settings (plan)' },
};
const notTold = {
  cause: { zh: '网关尚未算出覆盖范围', en: 'The gateway has not computed the coverage yet' },
  fix: { zh: '等待网关检查全部摄像头', en: 'Wait for the gateway to look at every camera' },
};
const doubt = {
  cause: { zh: '有摄像头状态未知', en: 'It is not known whether all its cameras work' },
  fix: { zh: '先处理摄像头自身的缺口', en: 'Put right the gaps of the cameras first' },
};

function otherMeasure({ planes, pixelsPerMetre }: Required): Pick<Finding, 'cause' | 'fix'> {
  return {
    cause: {
      zh: `平面图未按要求的高度（${heights(planes)}）或清晰度（每米${pixelsPerMetre}像素）计算`,
      en: `It was not computed at the required heights (${planes.join(', ')} m) or density (${pixelsPerMetre} px/m)`,
    },
    fix: { zh: '在平面图中补上所需高度', en: 'Add the required heights to the zone’s planes in the floor plan' },
  };
}

function sliversLeftOut({ sliver }: CoverageMeasured, { maxSliverMetres }: Required): Pick<Finding, 'cause' | 'fix'> {
  return {
    cause: {
      zh: `平面图忽略宽度小于${sliver}米的盲区，标准最多允许${maxSliverMetres}米`,
      en: `The floor plan leaves out blind strips up to ${sliver} m wide; the standard allows ${maxSliverMetres} m`,
    },
    fix: {
      zh: `将平面图的 sliver 改为不大于${maxSliverMetres}`,
      en: `Set the floor plan’s sliver to ${maxSliverMetres} or less`,
    },
  };
}

function requiredWording({ pixelsPerMetre, edition, planes, minPercent }: Required): Text {
  return {
    zh: `${heights(planes)}处，每米不少于${pixelsPerMetre}像素（IEC 62676-4:${edition}），覆盖${minPercent}%`,
    en: `At ${planes.join(' and ')} m, at least ${pixelsPerMetre} pixels a metre (IEC 62676-4:${edition}), ${minPercent} % covered`,
  };
}

/** `地面及离地0.9米` */
function heights(planes: number[]): string {
  const above = planes.filter((plane) => plane > 0);
  return [...(above.length < planes.length ? ['地面'] : []), ...(above.length > 0 ? [`离地${above.join('、')}米`] : [])].join('及');
}

function shortWording(
  kind: ZoneKind,
  rooms: Short[],
  { pixelsPerMetre }: Required,
  scene: Scene,
): Pick<Finding, 'measured' | 'cause' | 'fix'> {
  const total = (of: (room: Short) => number) => metres(rooms.reduce((sum, room) => sum + of(room), 0));
  const [blind, free] = [total(({ level }) => level.blindArea), total((room) => room.free)];
  const name = zoneNames[kind];
  const largest = rooms.flatMap(({ level }) => level.blind).toSorted((a, b) => b.area - a.area)[0];
  return {
    measured: {
      zh: `${name.zh}应覆盖${free}平方米，其中${blind}平方米未达到每米${pixelsPerMetre}像素`,
      en: `${blind} of ${free} m² of the ${name.en} not seen at ${pixelsPerMetre} pixels a metre`,
    },
    ...causeWording(largest, scene),
  };
}

const metres = (area: number) => (Math.round(area * 10) / 10).toFixed(1);

function causeWording(spot: BlindSpot | undefined, { layout }: Scene): Pick<Finding, 'cause' | 'fix'> {
  const cause = spot?.cause ?? { kind: 'out-of-view' };
  const nameOf = (id: string) => layout.cameras.find((camera) => camera.id === id)?.name ?? id;
  switch (cause.kind) {
    case 'out-of-view':
      return {
        cause: { zh: '最大盲区不在任何摄像头画面内', en: 'The largest blind place is in no camera’s view' },
        fix: { zh: '调整摄像头方向或加装摄像头', en: 'Turn a camera towards it, or add one' },
      };
    case 'too-few-pixels':
      return {
        cause: {
          zh: `最大盲区离${nameOf(cause.camera)}太远，像素不足`,
          en: `The largest blind place has too few pixels of ${nameOf(cause.camera)}`,
        },
        fix: { zh: '提高分辨率、换长焦镜头或加装摄像头', en: 'Raise the resolution, use a longer lens, or add a camera' },
      };
    case 'behind':
      return {
        cause: { zh: `最大盲区被${cause.obstacle}挡住`, en: `The largest blind place is behind ${cause.obstacle}` },
        fix: { zh: '移开遮挡物、移动摄像头或加装摄像头', en: 'Move what is in the way or the camera, or add one' },
      };
    case 'camera-down':
      return {
        cause: {
          zh: `最大盲区原由${nameOf(cause.camera)}看到，该摄像头失效`,
          en: `The largest blind place was seen by ${nameOf(cause.camera)}, which does not work`,
        },
        fix: { zh: '先处理该摄像头自身的缺口', en: 'Put right the gaps of that camera first' },
      };
  }
}
