// The blind spots of a canteen, numbered as plan and list show them, and each in words.
import type { BlindSpot, CoverageLevel } from '#contract/coverage.ts';
import type { FactOf } from '#contract/facts.ts';
import type { Messages } from '../i18n/zh-CN.ts';
import type { CoveredZone } from './covered-zone.ts';

export interface NumberedSpot {
  number: number;
  zone: string;
  /** Which of its zone's, from 1, the largest first. */
  place: number;
  spot: BlindSpot;
  /** The level it is blind at. */
  pixelsPerMetre: number;
}

/** All levels any zone was computed at, in pixels a metre, the lowest first. */
export function levelsOf(facts: FactOf<'coverage'>[]): number[] {
  const levels = facts.flatMap((fact) => fact.measured?.levels ?? []).map(({ pixelsPerMetre }) => pixelsPerMetre);
  return [...new Set(levels)].toSorted((a, b) => a - b);
}

/** What was computed at this level; nothing where the zone was not computed at it. */
export function atLevel(fact: FactOf<'coverage'> | undefined, pixelsPerMetre: number | undefined): CoverageLevel | undefined {
  return fact?.measured?.levels.find((level) => level.pixelsPerMetre === pixelsPerMetre);
}

/** Zone by zone, each at the level that is looked at. */
export function numberedSpots(zones: CoveredZone[]): NumberedSpot[] {
  return zones
    .flatMap(({ zone, found }) =>
      found === undefined
        ? []
        : found.blind.map((spot, index) => ({ zone: zone.id, place: index + 1, spot, pixelsPerMetre: found.pixelsPerMetre })),
    )
    .map((spot, index) => ({ number: index + 1, ...spot }));
}

/** Why nobody sees it, and what would help. */
export function causeInWords(
  { spot: { cause }, pixelsPerMetre }: NumberedSpot,
  { words, cameraName }: { words: Messages; cameraName: (id: string) => string },
): { cause: string; fix: string } {
  switch (cause.kind) {
    case 'out-of-view':
      return { cause: words.blindOutOfView, fix: words.blindOutOfViewFix };
    case 'too-few-pixels':
      return { cause: words.blindTooFewPixels(cameraName(cause.camera), pixelsPerMetre), fix: words.blindTooFewPixelsFix };
    case 'behind':
      return { cause: words.blindBehind(cause.obstacle, cameraName(cause.camera)), fix: words.blindBehindFix(cause.obstacle) };
    case 'camera-down':
      return { cause: words.blindCameraDown(cameraName(cause.camera)), fix: words.blindCameraDownFix(cameraName(cause.camera)) };
    default:
      return cause satisfies never;
  }
}
