// What the cameras that work now see of each zone of the plan: computed anew whenever one of them goes dark or comes back, or its resolution changes.
import { createHash } from 'node:crypto';
import type { CoverageMeasured } from '#contract/coverage.ts';
import type { CheckName, Fact, FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import { stillWatches } from '#contract/picture.ts';
import type { Plan, PlanCamera } from '#contract/plan.ts';
import { thinned } from './coverage/thinned.ts';
import { coverageOf, type LevelCoverage, type ZoneCoverage } from './coverage/zone-coverage.ts';

export interface LiveCoverage {
  /** After any fact of a camera was told: what is to be told of the zones now, often nothing. */
  due(): FactOf<'coverage'>[];
  /** What was last told of each zone. */
  present(): FactOf<'coverage'>[];
}

/** As long as the shortest belief in a camera; the facts of cameras are renewed, and this with them, after half of that. */
const believedMs = 180_000;
/** Bounds what one fact weighs. */
const blindListed = 12;
const needed = ['reachable', 'stream', 'picture'] as const satisfies CheckName[];

/** `facts`: the newest of every check of every device. `levels`: the densities the server may judge by, rising. */
export function createLiveCoverage(deps: { plan: Plan; levels: readonly number[]; facts(): Fact[]; now: () => number }): LiveCoverage {
  const { plan, levels, now } = deps;
  const { cameras = [], sliver = 0 } = plan;
  const planSha256 = createHash('sha256').update(JSON.stringify(plan)).digest('hex');
  let known = ''; // of which cameras `computed` is
  let computed: { zone: string; measured: CoverageMeasured }[] = [];
  let told: FactOf<'coverage'>[] = [];

  const compute = (eyes: Eye[]) => {
    const states = new Map(eyes.map(({ id, counts, pixelShare }) => [id, { counts, pixelShare }]));
    computed = coverageOf(plan, { levels, cameras: states }).map((zone) => ({
      zone: zone.id,
      measured: { planSha256, sliver, ...measuredOf(zone, eyes) },
    }));
  };

  return {
    due() {
      const facts = deps.facts();
      const eyes = cameras.map((camera) => eyeOf(camera, facts, now()));
      if (eyes.some(({ lookedAt }) => !lookedAt)) return []; // just started: nothing is known of them, rather than nothing seen
      const state = JSON.stringify(eyes.map(({ id, counts, pixelShare, fault }) => [id, counts, pixelShare, fault]));
      const lastTold = Date.parse(told[0]?.observedAt ?? '');
      const isFresh = now() - lastTold >= 0 && now() - lastTold < believedMs / 2;
      if (state === known && isFresh) return [];
      if (state !== known) compute(eyes);
      known = state;
      const until = Math.min(now() + believedMs, ...eyes.filter(({ counts }) => counts).map(({ believedUntil }) => believedUntil));
      told = computed.map(({ zone, measured }) => ({
        schemaVersion: 1,
        check: 'coverage',
        device: zone,
        outcome: 'ok',
        observedAt: new Date(now()).toISOString(),
        validUntil: new Date(until).toISOString(),
        measured,
      }));
      return told;
    },
    present: () => told,
  };
}

interface Eye {
  id: string;
  /** Every check has come to something, whatever it is. */
  lookedAt: boolean;
  counts: boolean;
  pixelShare: number;
  fault: FaultCode | undefined;
  believedUntil: number;
}

/** A camera counts while all that is needed was seen to be well and may still be believed, and nothing says it is another one. */
function eyeOf({ id, resolution }: PlanCamera, facts: Fact[], now: number): Eye {
  const own = facts.filter(({ device }) => device === id);
  const found = needed.map((check) => own.find((fact) => fact.check === check));
  const bad = own.find((fact) => (fact.check === 'identity' && fact.outcome === 'fault') || (isNeeded(fact) && !isWell(fact)));
  const believedUntil = Math.min(...found.map((fact) => Date.parse(fact?.validUntil ?? '')));
  return {
    id,
    lookedAt: found.every((fact) => fact !== undefined),
    counts: bad === undefined && now <= believedUntil,
    pixelShare: pixelShareOf(own, resolution),
    fault: bad?.fault,
    believedUntil,
  };
}

function isNeeded({ check }: Fact): boolean {
  return needed.some((name) => name === check);
}

function isWell({ outcome, fault }: Fact): boolean {
  return outcome === 'ok' || (outcome === 'fault' && fault !== undefined && stillWatches.has(fault));
}

/** The picture is the planned one, drawn with other pixels; the worse direction counts. */
function pixelShareOf(facts: Fact[], resolution: PlanCamera['resolution']): number {
  const stream = facts.find((fact) => fact.check === 'stream');
  if (stream?.measured === undefined || resolution === undefined) return 1;
  const { width, height } = stream.measured;
  return Math.min(width / resolution[0], height / resolution[1]);
}

function measuredOf({ planes, area, free, levels }: ZoneCoverage, eyes: Eye[]): Omit<CoverageMeasured, 'planSha256' | 'sliver'> {
  const lost = new Map(levels[0]?.lostIfItFails().map(({ camera, area: alone }) => [camera, alone]));
  return {
    planes,
    area: rounded(area),
    free: rounded(free),
    levels: levels.map(levelOf),
    cameras: eyes.map(({ id, counts, fault }) => ({
      id,
      counts,
      ...(fault === undefined ? {} : { fault }),
      lostIfItFails: rounded(lost.get(id) ?? 0),
    })),
  };
}

function levelOf({ pixelsPerMetre, covered, ratio, overlap, blind }: LevelCoverage): CoverageMeasured['levels'][number] {
  return {
    pixelsPerMetre,
    covered: rounded(covered),
    ratio,
    overlap: rounded(overlap),
    blindArea: rounded(blind.reduce((sum, spot) => sum + spot.area, 0)),
    blindCount: blind.length,
    blind: blind.slice(0, blindListed).map(({ area, cause, polygon, holes }) => ({
      area: rounded(area),
      cause,
      polygon: thinned(polygon),
      holes: holes.slice(0, blindListed).map(thinned),
    })),
  };
}

const rounded = (squareMetres: number) => Math.round(squareMetres * 1e4) / 1e4;
