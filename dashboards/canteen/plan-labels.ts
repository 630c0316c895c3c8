// Where the words on a floor plan go, so that none is cut off or written over another. Points of the drawing, not metres. Pure.
type Point = [x: number, y: number];

export interface Written {
  /** Its middle. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Moved so that a text of this width stays within what it names, or where that is too narrow stands over its middle. */
export function fitted([x, y]: Point, { within, width }: { within: Point[]; width: number }): Point {
  const xs = within.map(([corner]) => corner);
  const [left, right] = [Math.min(...xs) + width / 2 + 4, Math.max(...xs) - width / 2 - 4];
  return [left > right ? (left + right) / 2 : Math.min(right, Math.max(left, x)), y];
}

/** Whether nothing is written there yet. */
export function isFree(text: Written, written: Written[]): boolean {
  return written.every(
    (other) => Math.abs(other.x - text.x) > (other.width + text.width) / 2 || Math.abs(other.y - text.y) > (other.height + text.height) / 2,
  );
}
