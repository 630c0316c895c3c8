// Writes gateway/overlay-clock/digit-shapes.ts anew from font files: node scripts/digit-shapes.ts FONT.ttf…
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Blob, blobsOf } from '../gateway/overlay-clock/blobs.ts';
import { type Shape, shapeOf } from '../gateway/overlay-clock/read-digit.ts';

const size = { width: 1600, height: 160 };
/** Mean difference of the cells below which a shape tells nothing that another does not. */
const sameBelow = 0.04;

const kept: (Shape & { digit: number })[] = [];
const fonts: string[] = [];
for (const font of process.argv.slice(2)) {
  const shapes = render(font).map((blob, digit) => ({ digit, ...shapeOf(blob) }));
  if (shapes.length !== 10) throw new Error(`${font}: ${shapes.length} shapes instead of ten`);
  const fresh = shapes.filter((shape) => !kept.some((other) => other.digit === shape.digit && isSame(shape, other)));
  kept.push(...fresh);
  fonts.push(basename(font).replace(/\..*$/, ''));
}
const lines = kept
  .toSorted((a, b) => a.digit - b.digit)
  .map(({ digit, aspect, cells }) => `  [${digit}, ${aspect.toFixed(2)}, '${cells.map((cell) => cell.toString(16)).join('')}'],`);
writeFileSync(
  join(import.meta.dirname, '../gateway/overlay-clock/digit-shapes.ts'),
  `// What digits look like in fonts such as cameras write with, each brought to 8×12 cells; written by scripts/digit-shapes.ts.
// ${fonts.slice(0, fonts.length / 2).join(', ')},
// ${fonts.slice(fonts.length / 2).join(', ')}; what looks alike in two of them stands here once.

/** Digit, width by height, and how full each cell is, row by row. */
export const digitShapes: readonly (readonly [number, number, string])[] = [
${lines.join('\n')}
];
`,
);

/** The ten digits as one font draws them, from left to right. */
function render(font: string): Blob[] {
  const text = `drawtext=fontfile=${font}:text='0 1 2 3 4 5 6 7 8 9':x=20:y=30:fontsize=90:fontcolor=white`;
  const graph = `color=c=black:s=${size.width}x${size.height},${text},format=gray`;
  const args = ['-v', 'error', '-f', 'lavfi', '-i', graph, '-frames:v', '1', '-f', 'rawvideo', '-'];
  const luma = execFileSync('ffmpeg', args, { maxBuffer: 16 * 1024 * 1024 });
  const blobs = blobsOf({ luma, ...size }, { threshold: 128, dark: false, sizeMax: size.height });
  const highest = Math.max(...blobs.map(({ height }) => height));
  // A dotted nought holds a second shape.
  return blobs.filter(({ height }) => height > 0.7 * highest).sort((a, b) => a.left - b.left);
}

function isSame(a: Shape, b: Shape): boolean {
  const difference = a.cells.reduce((sum, cell, index) => sum + Math.abs(cell - (b.cells[index] ?? 0)), 0);
  return difference / a.cells.length / 15 < sameBelow && Math.abs(a.aspect - b.aspect) < 0.05;
}
