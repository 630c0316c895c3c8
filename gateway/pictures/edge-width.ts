// How sharp a picture is: how many pixels an edge takes from dark to bright; pure.
import { type Still, stillHeight, stillWidth } from './still.ts';

/** From this step in brightness between two pixels on, it is an edge. */
const edgeFrom = 20;
/** Fewer are no measure: a covered lens has none. */
const edgesMin = 150;

/** Pixels, the mean over all upright edges. Undefined where there are too few to tell. */
export function edgeWidth({ luma }: Pick<Still, 'luma'>): number | undefined {
  let edges = 0;
  let width = 0;
  for (let y = 1; y < stillHeight - 1; y += 1) {
    const row = luma.subarray(y * stillWidth, (y + 1) * stillWidth);
    for (let x = 2; x < stillWidth - 2; x += 1) {
      const step = stepAt(row, x);
      if (Math.abs(step) < edgeFrom || !isSteepest(row, x, step)) continue;
      edges += 1;
      width += riseAround(row, x, Math.sign(step));
    }
  }
  return edges < edgesMin ? undefined : width / edges;
}

function stepAt(row: Uint8Array, x: number): number {
  return (row[x + 1] ?? 0) - (row[x - 1] ?? 0);
}

function isSteepest(row: Uint8Array, x: number, step: number): boolean {
  const steepness = Math.abs(step);
  return steepness > Math.abs(stepAt(row, x - 1)) && steepness >= Math.abs(stepAt(row, x + 1));
}

/** From the end of the slope on one side to its end on the other. */
function riseAround(row: Uint8Array, x: number, up: number): number {
  let left = x;
  while (left > 0 && ((row[left] ?? 0) - (row[left - 1] ?? 0)) * up > 0) left -= 1;
  let right = x;
  while (right < row.length - 1 && ((row[right + 1] ?? 0) - (row[right] ?? 0)) * up > 0) right += 1;
  return right - left;
}
