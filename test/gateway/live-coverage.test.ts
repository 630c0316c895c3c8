import { describe, expect, it } from 'vitest';
import { densityLevels } from '#config/density-ladders.ts';
import { validator } from '#config/validate.ts';
import type { Fact } from '#contract/facts.ts';
import { CoverageFact } from '#contract/facts.ts';
import type { Plan } from '#contract/plan.ts';
import { createLiveCoverage } from '../../gateway/live-coverage.ts';
import { camera, rectangle, zone } from './coverage-plans.ts';

const noon = Date.parse('2026-11-25T04:00:00Z');
const plan: Plan = {
  zones: [zone(rectangle(0, 0, 10, 6), [0.9], 'kitchen')],
  cameras: [camera([0, 3, 2.7], { id: 'west' }), camera([10, 3, 2.7], { id: 'east', pan: 180 })],
};

type Told = { outcome?: Fact['outcome']; fault?: Fact['fault']; width?: number; lastsMs?: number };

function fact(
  device: string,
  check: 'reachable' | 'stream' | 'picture',
  { outcome = 'ok', fault, width = 1920, lastsMs = 240_000 }: Told = {},
): Fact {
  const base = {
    schemaVersion: 1 as const,
    device,
    outcome,
    observedAt: new Date(noon).toISOString(),
    validUntil: new Date(noon + lastsMs).toISOString(),
    ...(fault === undefined ? {} : { fault }),
  };
  if (check !== 'stream') return { ...base, check };
  const format = { codec: 'h264', framesPerSecond: 20, bitsPerSecond: 2e6, sampledSeconds: 5, via: 'media2' } as const;
  return { ...base, check, measured: { ...format, width, height: (width * 9) / 16 } };
}

const checks = ['reachable', 'stream', 'picture'] as const;
const healthy = (device: string, told: Told = {}) => checks.map((check) => fact(device, check, told));

function live() {
  let [facts, now] = [[...healthy('west'), ...healthy('east')], noon];
  const coverage = createLiveCoverage({ plan, levels: densityLevels(), facts: () => facts, now: () => now });
  return {
    coverage,
    see(next: Fact[], at = noon) {
      [facts, now] = [next, at];
      return coverage.due();
    },
  };
}

describe('the live coverage', () => {
  it('is told, in the contract’s words, once every camera was looked at', () => {
    const { see, coverage } = live();
    expect(see(healthy('west'))).toEqual([]);
    const [told] = see([...healthy('west'), ...healthy('east')]);
    expect(validator(CoverageFact)(told)).toMatchObject({ ok: true });
    expect(told).toMatchObject({ device: 'kitchen', outcome: 'ok', validUntil: '2026-11-25T04:03:00.000Z' });
    expect(told?.measured).toMatchObject({
      free: 60,
      planes: [0.9],
      cameras: [
        { id: 'west', counts: true },
        { id: 'east', counts: true },
      ],
    });
    expect(told?.measured?.levels.map(({ pixelsPerMetre }) => pixelsPerMetre)).toEqual([
      0, 12.5, 20, 25, 40, 62.5, 80, 125, 250, 500, 1500,
    ]);
    expect(told?.measured?.levels[0]).toMatchObject({ covered: 60, ratio: 1, overlap: 21.6, blindArea: 0, blindCount: 0 });
    expect(coverage.present()).toEqual([told]);
  });

  it('falls at once when a camera goes dark, says by whom that place was seen, and heals with it', () => {
    const { see } = live();
    see([...healthy('west'), ...healthy('east')]);
    const dark = [
      ...healthy('west'),
      fact('east', 'reachable'),
      fact('east', 'stream'),
      fact('east', 'picture', { outcome: 'fault', fault: 'black' }),
    ];
    const [fallen] = see(dark);
    expect(fallen?.measured?.cameras).toMatchObject([
      { id: 'west', counts: true, lostIfItFails: 40.8 },
      { id: 'east', counts: false, fault: 'black', lostIfItFails: 0 },
    ]);
    expect(fallen?.measured?.levels[0]).toMatchObject({
      covered: 40.8,
      blindArea: 19.2,
      blind: [{ area: 19.2, cause: { kind: 'camera-down', camera: 'east' } }],
    });
    expect(see([...healthy('west'), ...healthy('east')])[0]?.measured?.levels[0]).toMatchObject({ covered: 60, blindArea: 0 });
  });

  it('still counts a camera whose picture is only tinted: it watches all the same', () => {
    const { see } = live();
    const tinted = [...healthy('west').slice(0, 2), fact('west', 'picture', { outcome: 'fault', fault: 'colour-cast' })];
    const [told] = see([...tinted, ...healthy('east')]);
    expect(told?.measured?.cameras[0]).toEqual({ id: 'west', counts: true, lostIfItFails: 19.2 });
  });

  it('counts no camera of which nothing is known any longer', () => {
    const { see } = live();
    see([...healthy('west'), ...healthy('east', { lastsMs: 60_000 })]);
    const [lapsed] = see([...healthy('west'), ...healthy('east', { lastsMs: 60_000 })], noon + 60_001);
    expect(lapsed?.measured?.cameras[1]).toEqual({ id: 'east', counts: false, lostIfItFails: 0 });
    expect(lapsed?.measured?.levels[0]).toMatchObject({ covered: 40.8 });
  });

  it('goes by the pixels that really come', () => {
    const { see } = live();
    const at125 = (facts: Fact[]) => see(facts)[0]?.measured?.levels.find(({ pixelsPerMetre }) => pixelsPerMetre === 125)?.covered;
    expect(at125([...healthy('west'), ...healthy('east')])).toBeCloseTo(6 * (7.68 - 2.32), 3); // each as far as 7.68 m
    expect(at125([...healthy('west', { width: 960 }), ...healthy('east', { width: 960 })])).toBeCloseTo(2 * 6 * (3.84 - 3.2), 3);
  });

  it('is believed no longer than the cameras it counts, and told again after half its time', () => {
    const { see } = live();
    const all = [...healthy('west', { lastsMs: 100_000 }), ...healthy('east')];
    expect(see(all)[0]?.validUntil).toBe(new Date(noon + 100_000).toISOString());
    expect(see(all, noon + 89_000)).toEqual([]);
    expect(see(all, noon + 90_000)).toHaveLength(1);
  });
});
