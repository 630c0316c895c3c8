// The sentences about disks: what they hold, and how much more is needed.

import type { Text } from '#contract/text.ts';
import type { RetentionView } from '#contract/views.ts';

/** `this disk holds 41 days at 12.3 Mbit/s`; what is not known is left out. */
export function diskText({
  capacityBytes,
  holdsDays,
  bitsPerSecond,
}: Pick<RetentionView, 'capacityBytes' | 'holdsDays' | 'bitsPerSecond'>): Text {
  if (capacityBytes === undefined) return { zh: '硬盘容量未知', en: 'the size of the disk is not known' };
  const size = terabytes(capacityBytes, Math.round);
  if (holdsDays === undefined || bitsPerSecond === undefined)
    return { zh: `硬盘${size} TB，码率未知`, en: `the disk has ${size} TB, at a bit rate that is not known` };
  const [days, rate] = [Math.floor(holdsDays), (bitsPerSecond / 1e6).toFixed(1)];
  return {
    zh: `硬盘${size} TB按合计${rate} Mbit/s可存约${days}天`,
    en: `the disk of ${size} TB holds ${days} days at ${rate} Mbit/s of all cameras`,
  };
}

/** With one decimal; what is needed is rounded up. */
export function terabytes(bytes: number, round: (value: number) => number = Math.ceil): string {
  return (round(bytes / 1e11) / 10).toFixed(1);
}
