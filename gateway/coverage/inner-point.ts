// A point well inside a piece of a region, to ask why that piece is not seen.
import { boundsOf, edgesOf, isInside, type Point, signedArea } from './polygon.ts';

/** The centroid where it lies inside, otherwise the middle of the widest stretch of some lines across. */
export function innerPoint(polygon: readonly Point[], holes: readonly (readonly Point[])[]): Point {
  const outlines = [polygon, ...holes];
  const centre = centroid(outlines);
  if (isInside(centre, outlines)) return centre;
  const { bottom, top } = boundsOf(polygon);
  const stretches = [1, 2, 3, 4, 5, 6, 7].flatMap((eighth) => stretchesAt(bottom + ((top - bottom) * (eighth + 0.01)) / 8.02, outlines));
  const widest = stretches.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
  return widest === undefined ? centre : [(widest.from + widest.to) / 2, widest.y];
}

/** Holes turn the other way, so that they take away. */
function centroid(outlines: readonly (readonly Point[])[]): Point {
  const whole = outlines.reduce((sum, outline) => sum + signedArea(outline), 0);
  const moment = (which: 0 | 1) =>
    outlines.flatMap(edgesOf).reduce((sum, [a, b]) => sum + ((a[which] + b[which]) * (a[0] * b[1] - b[0] * a[1])) / 6, 0);
  return [moment(0) / whole, moment(1) / whole];
}

function stretchesAt(y: number, outlines: readonly (readonly Point[])[]): { from: number; to: number; y: number }[] {
  const crossed = outlines
    .flatMap(edgesOf)
    .filter(([[, ay], [, by]]) => ay > y !== by > y)
    .map(([[ax, ay], [bx, by]]) => ax + ((y - ay) / (by - ay)) * (bx - ax))
    .toSorted((a, b) => a - b);
  return crossed.flatMap((from, index) => (index % 2 === 0 ? [{ from, to: crossed[index + 1] ?? from, y }] : []));
}
