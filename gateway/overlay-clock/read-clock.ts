// Reads the time that a camera writes into its picture: two digits, a colon, two digits, a colon, two digits; pure.
import { type Blob, blobsOf, type Grey } from './blobs.ts';
import { readDigit } from './read-digit.ts';

export interface ShownTime {
  /** As it stands in the picture: `14:30:07`. */
  text: string;
  secondsOfDay: number;
}

/** White writing first, then black. What lies behind is as bright as it likes, as long as one of these parts it from the writing. */
const sought = [120, 150, 180, 205, 225]
  .map((threshold) => ({ threshold, dark: false }))
  .concat([110, 75, 45].map((threshold) => ({ threshold, dark: true })));
/** Smaller digits are a guess. */
const digitHeightMin = 12;
/** Found by so many thresholds, and by none to be another. */
const agreeingMin = 2;
/** Among more of them no writing could be told from noise. */
const dotsMax = 500;
/** A dot of a colon and no more: pixels. */
const dotMax = 16;

/** Undefined where no time, or not one and the same, can be read for sure. `strips`: parts of one picture. */
export function readClock(strips: readonly Grey[]): ShownTime | undefined {
  const texts = strips.flatMap((strip) => sought.flatMap((how) => timesIn(blobsOf(strip, { ...how, sizeMax: strip.height }))));
  const [text] = texts;
  if (text === undefined || texts.length < agreeingMin || texts.some((other) => other !== text)) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return hours > 23 || minutes > 59 || seconds > 59 ? undefined : { text, secondsOfDay: hours * 3600 + minutes * 60 + seconds };
}

interface Colon {
  x: number;
  top: number;
  bottom: number;
}

function timesIn(blobs: readonly Blob[]): string[] {
  const colons = colonsIn(blobs).sort((a, b) => a.x - b.x);
  const glyphs = blobs
    .filter(({ height, width }) => height >= digitHeightMin && width <= 1.1 * height)
    .sort((a, b) => centre(a) - centre(b));
  return colons.flatMap((first, index) =>
    colons.slice(index + 1).flatMap((second) => {
      const text = timeAround(first, second, glyphs);
      return text === undefined ? [] : [text];
    }),
  );
}

/** Two dots, one above the other. */
function colonsIn(blobs: readonly Blob[]): Colon[] {
  const dots = blobs.filter(
    ({ width, height }) => Math.min(width, height) >= 2 && Math.max(width, height) <= Math.min(dotMax, 1.7 * Math.min(width, height) + 1),
  );
  if (dots.length > dotsMax) return [];
  return dots.flatMap((upper) =>
    dots.flatMap((lower) => {
      const [size, between] = [Math.max(upper.height, upper.width), lower.top - upper.top];
      const alike = Math.abs(upper.width - lower.width) <= 1 + size / 4 && Math.abs(upper.height - lower.height) <= 1 + size / 4;
      const stacked = Math.abs(centre(upper) - centre(lower)) <= 1 + size / 4 && between >= 1.5 * size && between <= 7 * size;
      return alike && stacked ? [{ x: (centre(upper) + centre(lower)) / 2, top: upper.top, bottom: lower.top + lower.height }] : [];
    }),
  );
}

function timeAround(first: Colon, second: Colon, glyphs: readonly Blob[]): string | undefined {
  if (Math.abs(first.top - second.top) > 2 || Math.abs(first.bottom - second.bottom) > 2) return undefined;
  const line = glyphs.filter((glyph) => isBeside(glyph, first) && isBeside(glyph, second));
  const from = line.findIndex((glyph) => centre(glyph) > first.x);
  const to = line.findLastIndex((glyph) => centre(glyph) < second.x);
  if (from < 2 || to !== from + 1) return undefined;
  const digits = line.slice(from - 2, from + 4);
  if (digits.length !== 6 || !isOneRow(digits, [first, second]) || isPartOfMore(digits, line[from - 3], line[from + 4])) return undefined;
  const [a, b, c, d, e, f] = digits.map(readDigit);
  return [a, b, c, d, e, f].includes(undefined) ? undefined : `${a}${b}:${c}${d}:${e}${f}`;
}

/** A digit is higher than a colon, by up to three times, and reaches beyond it above or below. */
function isBeside({ top, height }: Blob, colon: Colon): boolean {
  const colonHeight = colon.bottom - colon.top;
  return top <= colon.top + 1 && top + height >= colon.bottom - 2 && height >= 1.1 * colonHeight && height <= 3 * colonHeight;
}

/** All of one height, at one height, and evenly spaced. */
function isOneRow(digits: readonly Blob[], colons: readonly Colon[]): boolean {
  const height = Math.max(...digits.map((digit) => digit.height));
  const slack = Math.max(2, 0.1 * height);
  const [first] = digits;
  const level = digits.every((digit) => height - digit.height <= slack && Math.abs(digit.top - (first?.top ?? 0)) <= slack);
  const pitches = [0, 2, 4].map((index) => pitchOf(digits, index));
  const even = Math.max(...pitches) <= 1.2 * height && Math.max(...pitches) - Math.min(...pitches) <= 0.4 * height;
  const near = [1, 2, 3, 4].every((index) => Math.abs(centreAt(digits, index) - (colons[index < 3 ? 0 : 1]?.x ?? 0)) <= height);
  return level && even && near;
}

/** Where one more digit stands as near as the two of a pair, what is read is part of something longer. */
function isPartOfMore(digits: readonly Blob[], before: Blob | undefined, after: Blob | undefined): boolean {
  const pitch = Math.max(...[0, 2, 4].map((index) => pitchOf(digits, index)));
  const tooNear = (a: number, b: number) => b - a < 1.15 * pitch;
  return (
    (before !== undefined && tooNear(centre(before), centreAt(digits, 0))) ||
    (after !== undefined && tooNear(centreAt(digits, 5), centre(after)))
  );
}

function pitchOf(digits: readonly Blob[], index: number): number {
  return centreAt(digits, index + 1) - centreAt(digits, index);
}

function centreAt(digits: readonly Blob[], index: number): number {
  const digit = digits[index];
  return digit === undefined ? Number.NaN : centre(digit);
}

const centre = ({ left, width }: Blob) => left + width / 2;
