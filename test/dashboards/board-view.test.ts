import { describe, expect, it } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import type { CanteenSummary } from '#contract/views.ts';
import { createBoardView, type Told } from '../../dashboards/api/board-view.ts';
import { gapOf, later, summaryOf, zone } from './district.ts';

const at = '2026-11-23T06:30:00.000Z';
const now = Date.parse(at);
const boardView = createBoardView();

describe('what the board shows', () => {
  it('puts the worst first: verdict, then severity, then number of gaps, then name', () => {
    const canteens = [
      summaryOf(at, { id: 'fine', verdict: 'ok' }),
      summaryOf(at, { id: 'unknown', verdict: 'unknown' }),
      summaryOf(at, { id: 'minor', verdict: 'fault', worstSeverity: 'minor', openGaps: 9 }),
      summaryOf(at, { id: 'critical-1', verdict: 'fault', worstSeverity: 'critical', openGaps: 1 }),
      summaryOf(at, { id: 'critical-3', verdict: 'fault', worstSeverity: 'critical', openGaps: 3 }),
      summaryOf(at, { id: 'fine-too', verdict: 'ok', name: '一号食堂' }),
    ];
    const order = boardView(told(canteens), now).canteens.map(({ id }) => id);
    expect(order.slice(0, 4)).toEqual(['critical-3', 'critical-1', 'minor', 'unknown']);
    expect(new Set(order.slice(4))).toEqual(new Set(['fine', 'fine-too']));
  });

  it.each([
    { staleAt: later(at, 1), verdict: 'ok' },
    { staleAt: at, verdict: 'unknown' },
    { staleAt: later(at, -60), verdict: 'unknown' },
    { staleAt: null, verdict: 'unknown' },
  ] as const)('with staleAt $staleAt shows $verdict', ({ staleAt, verdict }) => {
    expect(boardView(told([summaryOf(at, { staleAt })]), now).canteens[0]?.verdict).toBe(verdict);
  });

  it('keeps the reason of a zone that was unknown already, and drops any other once it is stale', () => {
    const reason = { zh: '原因', en: 'reason' };
    const stale = summaryOf(at, { staleAt: null, zones: [zone('dining', 'unknown', reason), zone('cooking', 'fault', reason)] });
    expect(boardView(told([stale]), now).canteens[0]?.zones.map((shown) => shown.reason)).toEqual([reason, undefined]);
  });

  it('folds gaps under the one that explains them, the gravest first', () => {
    const gaps = [
      gapOf(at, { id: 'minor', severity: 'minor' }),
      gapOf(at, { id: 'explained', foldedUnder: 'cause' }),
      gapOf(at, { id: 'cause' }),
    ];
    expect(shape(gaps)).toEqual(['cause > explained', 'minor > ']);
  });

  it('gives the same line again as long as nothing about it has changed', () => {
    const summary = summaryOf(at, { id: gapOf(at).canteen });
    const lineAt = (seconds: number, gaps: Gap[]) =>
      boardView({ ...told([summary], gaps), heardAt: now + seconds * 1000 }, now + seconds * 1000).canteens[0];
    const gap = gapOf(at);
    expect(lineAt(1, [gap])).toBe(lineAt(2, [gap]));
    expect(lineAt(2, [])).not.toBe(lineAt(2, [gap]));
    expect(lineAt(61, [gap])?.verdict).toBe('unknown');
  });

  it('lets a gap stand by itself when the one that explained it is gone', () => {
    expect(shape([gapOf(at, { id: 'orphan', foldedUnder: 'gone' })])).toEqual(['orphan > ']);
  });
});

function told(canteens: CanteenSummary[], gaps: Gap[] = []): Told {
  return {
    standardTitle: { zh: '测试标准', en: 'Test standard' },
    canteens: new Map(canteens.map((canteen) => [canteen.id, canteen])),
    gaps: new Map(gaps.map((gap) => [gap.id, gap])),
    heardAt: now,
    serverAheadMs: 0,
    connected: true,
    failures: 0,
  };
}

function shape(gaps: Gap[]): string[] {
  const [canteen] = boardView(told([summaryOf(at, { id: gapOf(at).canteen })], gaps), now).canteens;
  return (canteen?.gaps ?? []).map(({ gap, folded }) => `${gap.id} > ${folded.map(({ id }) => id).join(' ')}`);
}
