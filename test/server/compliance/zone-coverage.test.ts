import { describe, expect, it } from 'vitest';
import type { BlindSpot } from '#contract/coverage.ts';
import type { Gap } from '#contract/gaps.ts';
import { assess } from '../../../server/compliance/assess.ts';
import type { CanteenState } from '../../../server/compliance/state.ts';
import { beat, counted, identity, laidOut, layout, minute, noon, sound, standard, tell } from './canteen.ts';

const graceMs = standard.unknownGraceSeconds * 1000;
const look = (state: CanteenState, now = noon) => assess({ canteen: identity, state, open: [] as Gap[], standard, now });
const coverageGaps = (state: CanteenState, now = noon) => look(state, now).open.filter(({ rule }) => rule === 'zone-coverage-short');

function blind(area: number, cause: BlindSpot['cause'], level = 125) {
  const polygon: BlindSpot['polygon'] = [
    [0, 0],
    [1, 0],
    [0, 1],
  ];
  const spot = { area, cause, polygon, holes: [] };
  const all = { covered: 48, ratio: 1, overlap: 0, blindArea: 0, blindCount: 0, blind: [] };
  return {
    levels: [80, 125].map((pixelsPerMetre) =>
      pixelsPerMetre >= level
        ? { ...all, pixelsPerMetre, covered: 48 - area, ratio: 1 - area / 48, blindArea: area, blindCount: 1, blind: [spot] }
        : { ...all, pixelsPerMetre },
    ),
  };
}

describe('a zone with a dead angle', () => {
  it.each<[BlindSpot['cause'], string]>([
    [{ kind: 'out-of-view' }, '最大盲区不在任何摄像头画面内'],
    [{ kind: 'too-few-pixels', camera: 'kitchen-1' }, '最大盲区离厨房1号太远，像素不足'],
    [{ kind: 'behind', obstacle: '油烟罩', camera: 'kitchen-1' }, '最大盲区被油烟罩挡住'],
    [{ kind: 'camera-down', camera: 'hall-1' }, '最大盲区原由大厅1号看到，该摄像头失效'],
  ])('(%j) is a gap that says how much is blind, and why', (cause, words) => {
    const [gap, ...more] = coverageGaps(tell(sound(), 'kitchen', 'coverage', { measured: blind(3.26, cause) }));
    expect(more).toEqual([]);
    expect(gap).toMatchObject({
      zone: 'cooking',
      certainty: 'fault',
      severity: 'major',
      measured: {
        zh: '制餐区应覆盖48.0平方米，其中3.3平方米未达到每米125像素',
        en: '3.3 of 48.0 m² of the cooking zone not seen at 125 pixels a metre',
      },
      cause: { zh: words },
    });
  });

  it('is not called all right on the board, however healthy its cameras', () => {
    const { zones } = look(tell(sound(), 'kitchen', 'coverage', { measured: blind(3.26, { kind: 'out-of-view' }) })).summary;
    const of = (kind: string) => zones.find((zone) => zone.kind === kind);
    expect(of('cooking')).toMatchObject({
      outcome: 'fault',
      healthyCameras: 1,
      reason: { zh: '制餐区应覆盖48.0平方米，其中3.3平方米未达到每米125像素' },
    });
    expect(of('dining')?.outcome).toBe('ok');
    const unproven = tell(sound(), 'kitchen', 'coverage', { outcome: 'unknown', measured: 'nothing' });
    expect(look(unproven).summary.zones.find(({ kind }) => kind === 'cooking')?.outcome).toBe('unknown');
  });

  it('is judged by the density of its own kind', () => {
    const poor = blind(3, { kind: 'out-of-view' }, 125);
    expect(look(tell(sound(), 'hall', 'coverage', { measured: poor }))).toMatchObject({ open: [], summary: { verdict: 'ok' } });
    expect(coverageGaps(tell(sound(), 'wash', 'coverage', { measured: poor }))).toMatchObject([{ zone: 'cleaning' }]);
  });

  it('is none within the tolerance', () => {
    expect(look(tell(sound(), 'kitchen', 'coverage', { measured: blind(0.1, { kind: 'out-of-view' }) })).summary.verdict).toBe('ok');
    expect(coverageGaps(tell(sound(), 'kitchen', 'coverage', { measured: blind(0.11, { kind: 'out-of-view' }) }))).toHaveLength(1);
  });

  it('stays one though the plan leaves out more than the standard allows: what is left is too much already', () => {
    const measured = { ...blind(3, { kind: 'out-of-view' }), sliver: 5 };
    expect(coverageGaps(tell(sound(), 'kitchen', 'coverage', { measured }))).toMatchObject([{ certainty: 'fault' }]);
  });

  it('says nothing where no camera of the zone works: that is another gap', () => {
    let state = tell(sound(), 'kitchen-1', 'picture', { outcome: 'fault', fault: 'black' });
    const cameras = counted(layout, 'kitchen').map((camera) => ({ ...camera, counts: false, fault: 'black' as const }));
    state = tell(state, 'kitchen', 'coverage', { measured: { ...blind(48, { kind: 'camera-down', camera: 'kitchen-1' }), cameras } });
    expect(
      look(state)
        .open.map(({ rule }) => rule)
        .toSorted(),
    ).toEqual(['picture-black', 'zone-without-healthy-camera']);
  });
});

/** The wall of the washing-up room was moved, and the gateway has told so. */
function redrawn(state: CanteenState): CanteenState {
  const zones = (layout.plan?.zones ?? []).map((zone) => (zone.id === 'wash' ? { ...zone, planes: [0, 0.85] } : zone));
  return laidOut(state, { ...layout, plan: { zones } });
}

describe('coverage is never green', () => {
  const green = (state: CanteenState, now = noon) => look(state, now).summary.verdict === 'ok';
  const { plan, ...undrawn } = layout;

  it.each<[string, CanteenState]>([
    ['without a plan', sound(undrawn)],
    ['of a zone that is not drawn', sound({ ...layout, plan: { zones: (plan?.zones ?? []).slice(0, 2) } })],
    ['not computed', tell(sound(), 'wash', 'coverage', { outcome: 'unknown', measured: 'nothing' })],
    ['without a figure', tell(sound(), 'wash', 'coverage', { measured: 'nothing' })],
    ['of other heights than required', tell(sound(), 'wash', 'coverage', { measured: { planes: [0] } })],
    [
      'at another density',
      tell(sound(), 'wash', 'coverage', { measured: { levels: blind(0, { kind: 'out-of-view' }).levels.slice(0, 1) } }),
    ],
    ['of no free area', tell(sound(), 'wash', 'coverage', { measured: { free: 0 } })],
    ['without strips wider than the standard allows', tell(sound(), 'wash', 'coverage', { measured: { sliver: 0.3 } })],
    ['of a plan that has been drawn anew since', redrawn(sound())],
  ])('%s, and once the grace is over that is a gap not proven', (_, state) => {
    expect(green(state)).toBe(false);
    expect(look(state).open).toEqual([]);
    const later = coverageGaps(beat(state, noon + graceMs), noon + graceMs);
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later.map(({ certainty }) => certainty))).toEqual(new Set(['unknown']));
  });

  it('where less is seen because of a camera of which nothing is known; nor is that seen to be wrong', () => {
    const cameras = [...counted(layout, 'wash'), { id: 'hall-1', counts: false, lostIfItFails: 0 }];
    const short = { ...blind(9, { kind: 'camera-down', camera: 'hall-1' }), cameras };
    const state = tell(tell(sound(), 'wash', 'coverage', { measured: short }), 'hall-1', 'stream', { outcome: 'unknown', fault: 'busy' });
    expect(green(state)).toBe(false);
    expect(look(state).open).toEqual([]);
    expect(coverageGaps(beat(state, noon + graceMs), noon + graceMs)).toMatchObject([{ zone: 'cleaning', certainty: 'unknown' }]);
  });

  it('where less is seen for want of a camera that is healthy here; nor is that seen to be wrong', () => {
    const cameras = [...counted(layout, 'wash'), { id: 'hall-1', counts: false, fault: 'black' as const, lostIfItFails: 0 }];
    const short = { ...blind(9, { kind: 'camera-down', camera: 'hall-1' }), cameras };
    const state = tell(sound(), 'wash', 'coverage', { measured: short });
    expect(green(state)).toBe(false);
    expect(look(state).open).toEqual([]);
    expect(coverageGaps(beat(state, noon + graceMs), noon + graceMs)).toMatchObject([{ zone: 'cleaning', certainty: 'unknown' }]);
  });

  it('past its time', () => {
    const state = tell(sound(), 'wash', 'coverage', { lastsMs: minute });
    expect(green(beat(state, noon + minute), noon + minute)).toBe(true);
    expect(green(beat(state, noon + minute + 1), noon + minute + 1)).toBe(false);
  });

  it('where it counts a camera that is not healthy here', () => {
    const cameras = [...counted(layout, 'wash'), { id: 'hall-1', counts: true, lostIfItFails: 0 }];
    const state = tell(tell(sound(), 'wash', 'coverage', { measured: { cameras } }), 'hall-1', 'stream', {
      outcome: 'fault',
      fault: 'stalled',
    });
    expect(coverageGaps(state)).toEqual([]);
    const [, , wash] = look(state).open;
    expect(wash).toBeUndefined();
    expect(green(state)).toBe(false);
  });
});
