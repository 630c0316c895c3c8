// The blind spots of a canteen at one level, numbered as plan and list show them, and each in words.
import type { BlindSpot, CoverageLevel } from '#contract/coverage.ts';
import type { FactOf } from '#contract/facts.ts';
import type { Messages } from '../i18n/zh-CN.ts';

export interface NumberedSpot {
  number: number;
  zone: string;
  /** Which of its zone's, from 1, the largest first. */
  place: number;
  spot: BlindSpot;
}

/** All levels any zone was computed at, in pixels a metre, the lowest first. */
export function levelsOf(facts: FactOf<'coverage'>[]): number[] {
  const levels = facts.flatMap((fact) => fact.measured?.levels ?? []).map(({ pixelsPerMetre }) => pixelsPerMetre);
  return [...new Set(levels)].toSorted((a, b) => a - b);
}

/** What was computed at this level; nothing where the zone was not computed at it. */
export function atLevel(fact: FactOf<'coverage'> | undefined, pixelsPerMetre: number): CoverageLevel | undefined {
  return fact?.measured?.levels.find((level) => level.pixelsPerMetre === pixelsPerMetre);
}

/** Zone by zone in the order of the facts. */
export function numberedSpots(facts: FactOf<'coverage'>[], pixelsPerMetre: number): NumberedSpot[] {
  return facts
    .flatMap((fact) => (atLevel(fact, pixelsPerMetre)?.blind ?? []).map((spot, index) => ({ zone: fact.device, place: index + 1, spot })))
    .map((spot, index) => ({ number: index + 1, ...spot }));
}

/** Why nobody sees it, and what would help. */
export function causeInWords(
  { cause }: BlindSpot,
  { words, cameraName, pixelsPerMetre }: { words: Messages; cameraName: (id: string) => string; pixelsPerMetre: number },
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
