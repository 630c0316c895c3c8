// An outline with few corners, for showing: areas are told beside it and do not come from it.
import { distance, type Point } from './polygon.ts';

const cornersMax = 60;
const strayMetres = 0.01;

/** Rounded to centimetres, and no corner left out that the rest misses by more than it must to stay below the limit. */
export function thinned(outline: readonly Point[]): Point[] {
  for (let stray = strayMetres; ; stray *= 2) {
    const kept = keep([...outline, ...outline.slice(0, 1)], stray).slice(0, -1);
    const enough = kept.length >= 3 ? kept : outline.slice(0, 3);
    if (enough.length <= cornersMax) return enough.map(([x, y]) => [rounded(x), rounded(y)]);
  }
}

function keep(line: readonly Point[], stray: number): Point[] {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined || line.length < 3) return [...line];
  let worst = { index: 0, off: -1 };
  for (const [index, point] of line.entries()) {
    const off = distance(point, [first, last]);
    if (off > worst.off) worst = { index, off };
  }
  if (worst.off <= stray) return [first, last];
  return [...keep(line.slice(0, worst.index + 1), stray).slice(0, -1), ...keep(line.slice(worst.index), stray)];
}

const rounded = (metres: number) => Math.round(metres * 100) / 100;
