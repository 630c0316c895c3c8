// When, counted in the file, its first and last pictures are; pure.
import { Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { DeviceError } from '../onvif/device-error.ts';

/** What to ask ffprobe for. */
export const stampEntries = 'packet=pts_time';

const checkProbed = validator(Type.Object({ packets: Type.Array(Type.Object({ pts_time: Type.Optional(Type.String()) })) }));

/** Seconds. `probed`: what ffprobe says of `stampEntries`. Throws DeviceError `does-not-decode` where there are no pictures. */
export function stampsOf(probed: unknown): { first: number; last: number } {
  const checked = checkProbed(probed);
  const stamps = (checked.ok ? checked.value.packets : []).map(({ pts_time }) => Number(pts_time)).filter(Number.isFinite);
  if (stamps.length === 0) throw new DeviceError('does-not-decode', 'the file holds no pictures');
  return stamps.reduce((ends, stamp) => ({ first: Math.min(ends.first, stamp), last: Math.max(ends.last, stamp) }), {
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
  });
}
