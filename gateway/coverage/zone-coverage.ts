// What the cameras of a plan see of its zones: exact areas, the places nobody sees, and why.
import type { BlindSpot } from '#contract/coverage.ts';
import type { Plan, PlanZone } from '#contract/plan.ts';
import { causeAt } from './causes.ts';
import { innerPoint } from './inner-point.ts';
import { footOf } from './mounting.ts';
import { hull, innerSides, type Point } from './polygon.ts';
import {
  anyOf,
  areaOf,
  both,
  boundsOfRegion,
  convexRegion,
  nowhere,
  opened,
  piecesOf,
  polygonsOf,
  type Region,
  regionOf,
  twiceIn,
  without,
} from './region.ts';
import { type Eye, shadowsOf } from './shadows.ts';
import { occupies, type Solid, solidOf } from './solids.ts';
import { viewOf } from './views/index.ts';
import type { View } from './views/view.ts';

export interface ZoneCoverage {
  id: string;
  planes: number[];
  /** Square metres, as all areas. */
  area: number;
  /** Without what obstacles stand on. */
  free: number;
  levels: LevelCoverage[];
}

/** What is seen with at least this many pixels a metre, on all planes by one camera. */
export interface LevelCoverage {
  pixelsPerMetre: number;
  covered: number;
  /** Of the free area; 0 where there is none, since nothing is shown then. */
  ratio: number;
  /** Seen by two cameras or more. */
  overlap: number;
  /** Largest first; nothing narrower than the plan's `sliver`. */
  blind: BlindSpot[];
  /** What is lost if one fails: seen by it and by no other. Computed when asked for: it costs as much as all the rest. */
  lostIfItFails(): { camera: string; area: number }[];
}

export interface CoverageOptions {
  /** Pixels a metre must have, rising; 0: any. Left out: the plan's own. */
  levels?: readonly number[];
  /** What is known of a camera at this moment. A camera not named works as planned. */
  cameras?: ReadonlyMap<string, CameraState>;
}

export interface CameraState {
  /** What it would see counts. */
  counts: boolean;
  /** How many of the planned pixels come, each way: 1 for all. */
  pixelShare: number;
}

/** A camera of the plan, ready to look. */
export interface Looker extends Eye {
  id: string;
  view: View;
  counts: boolean;
}

/** Pure. The plan must be without faults, see `plan-faults.ts`. */
export function coverageOf(plan: Plan, options: CoverageOptions = {}): ZoneCoverage[] {
  const solids = (plan.obstacles ?? []).map(solidOf);
  const lookers = lookersOf(plan, solids, options.cameras);
  const levels = options.levels ?? [plan.pixelsPerMetre ?? 0];
  return plan.zones.map((zone) => zoneCoverage(zone, { solids, lookers, levels, sliver: plan.sliver ?? 0 }));
}

interface Scene {
  solids: readonly Solid[];
  lookers: readonly Looker[];
  levels: readonly number[];
  sliver: number;
}

/** The cameras of a plan that can look at all. */
export function lookersOf({ cameras = [] }: Plan, solids: readonly Solid[], states?: CoverageOptions['cameras']): Looker[] {
  return cameras.flatMap((camera) => {
    const { counts, pixelShare } = states?.get(camera.id) ?? { counts: true, pixelShare: 1 };
    const foot = footOf(camera.position, solids);
    const [, , height] = camera.position;
    if (foot === undefined) return [];
    const view = viewOf(camera, { foot, height, pixelShare });
    return view === undefined ? [] : [{ id: camera.id, foot, height, view, counts }];
  });
}

function zoneCoverage(zone: PlanZone, scene: Scene): ZoneCoverage {
  const { id, planes } = zone;
  const whole = regionOf([zone.polygon]);
  const standing = scene.solids.filter((solid) => planes.some((plane) => occupies(solid, plane)));
  const free = without(whole, anyOf(standing.map(({ region }) => region)));
  const lowest = scene.levels[0] ?? 0;
  const seers = scene.lookers.filter(({ counts }) => counts).map((looker) => ({ looker, seen: seenBy(looker, zone, scene, lowest) }));
  const levels = scene.levels.map((pixelsPerMetre) => {
    const seen = seers.map(({ looker, seen: any }) => ({
      camera: looker.id,
      region: pixelsPerMetre === lowest ? any : inPicture(looker, any, planes, pixelsPerMetre),
    }));
    return levelCoverage(pixelsPerMetre, { free, seen, zone, scene });
  });
  return { id, planes, area: areaOf(whole), free: areaOf(free), levels };
}

/** What one camera sees of the zone on all its planes. Whatever stands on a plane hides it where it stands. */
function seenBy(looker: Looker, { polygon, planes }: PlanZone, { solids }: Scene, pixelsPerMetre: number): Region {
  const shown = inPicture(looker, regionOf([polygon]), planes, pixelsPerMetre);
  if (shown.length === 0) return nowhere;
  const ground = { box: boundsOfRegion(shown), sides: innerSides(hull(polygonsOf(shown).flat())) };
  // What stands on the lowest plane, or goes through it, throws its longest shadow there, and that contains its shadows on the others.
  const lowest = Math.min(...planes);
  const planesFor = ({ bottom }: Solid) => (bottom <= lowest ? [lowest] : planes);
  const hidden = solids.flatMap((solid) => planesFor(solid).flatMap((plane) => shadowsOf(solid, looker, { plane, ...ground })));
  return without(shown, hidden.flatMap(convexRegion));
}

function inPicture({ view }: Looker, region: Region, planes: readonly number[], pixelsPerMetre: number): Region {
  return planes.reduce<Region>(
    (shown, plane) => (shown.length === 0 ? nowhere : both(shown, view.footprint({ plane, box: boundsOfRegion(shown), pixelsPerMetre }))),
    region,
  );
}

function levelCoverage(
  pixelsPerMetre: number,
  { free, seen, zone, scene }: { free: Region; seen: { camera: string; region: Region }[]; zone: PlanZone; scene: Scene },
): LevelCoverage {
  const regions = seen.map(({ region }) => region);
  const covered = both(free, anyOf(regions));
  const twice = both(free, twiceIn(regions));
  const unseen = opened(without(free, covered), scene.sliver);
  const blind = piecesOf(unseen).map(({ area, polygon, holes }) => {
    const point: Point = innerPoint(polygon, holes);
    return { area, cause: causeAt(point, { planes: zone.planes, pixelsPerMetre, ...scene }), polygon, holes };
  });
  const [coveredArea, freeArea] = [areaOf(covered), areaOf(free)];
  return {
    pixelsPerMetre,
    covered: coveredArea,
    ratio: freeArea === 0 ? 0 : Math.min(1, coveredArea / freeArea),
    overlap: areaOf(twice),
    blind,
    lostIfItFails: () => seen.map(({ camera, region }) => ({ camera, area: areaOf(without(region, twice)) })),
  };
}
